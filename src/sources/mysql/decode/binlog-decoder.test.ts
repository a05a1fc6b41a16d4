import { expect, test } from 'vitest'
import { binlogDecoder, decodeEvents, eventText } from '../../../../test/support/binlog-reading.ts'
import { binlogRecording, MARIADB_CATALOG } from '../../../../test/support/binlog-recording.ts'

const MYSQL = 'b7d5ee79-ec0e-11f1-aa05-02fc00000001'

async function readings(name: 'mysql' | 'mariadb'): Promise<string[]> {
  const lines: string[] = []
  const decoder = binlogDecoder(name === 'mariadb' ? MARIADB_CATALOG : {})
  await decodeEvents(decoder, binlogRecording(name), (events) => lines.push(...events.map(eventText)))
  expect(decoder.transaction).toBeNull()
  expect(decoder.reached).toEqual({ file: name === 'mysql' ? 'binlog.000004' : 'binlog.000005', position: 4 })
  return lines.map((line) => line.replaceAll(MYSQL, 'U').replace(/"lb":"(eHh4)+"/u, '"lb":"eHh4..."'))
}

/** What is read between the begin of two transactions, by their ids. */
function between(lines: readonly string[], first: string, next: string): string[] {
  return lines.slice(lines.indexOf(`begin ${first}`) + 1, lines.indexOf(`begin ${next}`))
}

const WIDE_MYSQL = [
  '"id":1,"ti":-128,"tiu":255,"si":-32768,"siu":65535,"mi":-8388608,"miu":16777215,"iu":4294967295',
  '"bi":-9223372036854775808,"biu":18446744073709551615,"f":0.1,"d":-1.5e+300',
  '"de":"-12345678901234567890.0123456789","deu":"99999","b1":true,"b10":"1000000001","y":2026,"da":"2026-02-28"',
  '"ti0":"-838:59:59","ti6":"12:34:56.789012","dt":"2026-01-02T03:04:05","dt3":"9999-12-31T23:59:59.999"',
  '"ts":"2026-01-02T03:04:05Z","ts1":"2026-01-02T03:04:05.6Z","c":"ab","cl":"äöü","vc":"\\"\\\\\\nä"',
  '"bn":"YWIAAAAA","vb":"AP8=","tb":"dGlueQ==","tx":"漢字","lb":"eHh4...","e":"a,b","s":"x,größe"',
  '"j":"{\\"a\\": [1, -2, 3.5, true, null, \\"ä\\\\\\"\\", {\\"b\\": 18446744073709551615}], \\"big\\": 9007199254740993}"',
  '"g":{"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":0},"ve":[1,0.1,-3,40000000000]',
].join(',')

test('a row of MySQL has every type as the server has it', async () => {
  const lines = between(await readings('mysql'), 'U:7', 'U:8')
  expect(lines).toEqual([`c shop.kinds - {${WIDE_MYSQL}} row 0`, 'commit binlog.000001:2159 U:7'])
})

const WIDE_MARIADB = [
  '"id":1,"ti":-128,"tiu":255,"bi":-9223372036854775808,"biu":18446744073709551615,"f":0.1,"d":-1.5e+300',
  '"de":"-12345678901234567890.0123456789","b1":true,"b10":"1000000001","y":2026,"da":"2026-02-28"',
  '"ti0":"-838:59:59","ti6":"12:34:56.789012","dt":"2026-01-02T03:04:05","dt3":"9999-12-31T23:59:59.999"',
  '"ts":"2026-01-02T03:04:05Z","ts1":"2026-01-02T03:04:05.6Z","c":"ab","cl":"äöü","vc":"\\"\\\\\\nä"',
  '"bn":"YWIAAAAA","vb":"AP8=","tx":"漢字","lb":"eHh4...","e":"a,b","s":"x,größe","j":"{\\"a\\": [1, -2, 3.5]}"',
  '"g":{"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":0},"u":"00112233-4455-6677-8899-aabbccddeeff"',
  `"i4":"10.0.0.0","i6":"2001:db8::","ct":"${'ä'.repeat(200)}","cv":"short","cb":"AAE="`,
].join(',')

test('a row of MariaDB has its own types and compressed columns, too', async () => {
  const lines = between(await readings('mariadb'), '0-1-9', '0-1-10')
  expect(lines).toEqual([`c shop.kinds - {${WIDE_MARIADB}} row 0`, 'commit binlog.000001:2596 0-1-9'])
})

test('dates with zero parts, negative times and SQL values in JSON are exact', async () => {
  const [row = ''] = between(await readings('mysql'), 'U:9', 'U:10')
  expect(row).toContain('"de":"-0.5000000000"')
  expect(row).toContain('"da":"0000-00-00","ti0":null,"ti6":"-00:00:00.000001","dt":"2026-00-00T00:00:00"')
  expect(row).toContain('"ts":"1970-01-01T00:00:01Z"')
  expect(row).toContain(
    String.raw`"j":"{\"d\": \"2020-01-02\", \"t\": \"-01:02:03.500000\", \"x\": \"base64:type15:YWJj\", \"de\": 123456789012345678901234567890.12, \"dt\": \"2020-01-02 03:04:05.600000\"}"`,
  )
})

test('a value that MINIMAL or NOBLOB leaves out is unavailable, and what the old row has of it is taken', async () => {
  const lines = await readings('mysql')
  const [minimal = ''] = between(lines, 'U:11', 'U:12')
  const [before = '', after = ''] = minimal.split(' {').slice(1)
  expect(before).toMatch(/^"id":1,"ti":\?,.*"ve":\?\}$/u)
  expect(after).toMatch(/^"id":1,"ti":\?,.*"biu":1,.*"vc":"minimal",.*"ve":\?\} row 0$/u)
  const [inserted = ''] = between(lines, 'U:12', 'U:13')
  expect(inserted).toMatch(/^c shop.kinds - \{"id":4,"ti":\?,.*"vc":"m",/u)
  const [deleted = ''] = between(lines, 'U:13', 'U:14')
  expect(deleted).toMatch(/^d shop.kinds \{"id":4,"ti":\?,.*\} - row 0$/u)
  const [noblob = ''] = between(lines, 'U:14', 'U:15')
  expect(noblob).toMatch(/"si":-32768,.*"tx":\?,"lb":\?,"e":"a,b".* \{"id":1,.*"si":7,.*"tx":\?,"lb":\?,"e":"a,b"/u)
})

test('transactions of MySQL: statements, compression, tags, XA, DDL, tables without transactions', async () => {
  const lines = await readings('mysql')
  expect(lines.slice(lines.indexOf('begin U:17'))).toEqual([
    'begin U:17',
    'c shop.t - {"id":1,"a":"one","b":1} row 0',
    'c shop.t - {"id":2,"a":"two","b":2} row 1',
    'c shop.t - {"id":3,"a":"three","b":null} row 0',
    'u shop.t {"id":1,"a":"one","b":1} {"id":1,"a":"one","b":5} row 0',
    'u shop.t {"id":2,"a":"two","b":2} {"id":2,"a":"two","b":5} row 1',
    'commit binlog.000001:9342 U:17',
    'begin U:18',
    'c shop.t - {"id":4,"a":"packed","b":null} row 0',
    'u shop.t {"id":4,"a":"packed","b":null} {"id":4,"a":"packed too","b":null} row 0',
    'commit binlog.000001:9633 U:18',
    'begin U:blue:1',
    'c shop.t - {"id":5,"a":"tagged","b":null} row 0',
    'commit binlog.000001:9937 U:blue:1',
    'progress binlog.000001:10351 U:19 prepared since 9937',
    'begin U:20',
    'c shop.t - {"id":7,"a":"between","b":null} row 0',
    'commit binlog.000001:10655 U:20 prepared since 9937',
    'begin U:21',
    'c shop.t - {"id":6,"a":"xa1","b":null} row 0',
    'commit binlog.000001:10825 U:21',
    'progress binlog.000001:11239 U:22 prepared since 10825',
    'begin U:23',
    'commit binlog.000001:11411 U:23',
    'begin U:24',
    'c shop.t - {"id":9,"a":"xa3","b":null} row 0',
    'commit binlog.000001:11825 U:24',
    'begin U:25',
    'commit binlog.000001:12019 U:25',
    'begin U:26',
    'c shop.my - {"id":1} row 0',
    'commit binlog.000001:12345 U:26',
    'begin U:27',
    'c shop.cp - {"id":1,"a":"one","b":5} row 0',
    'commit binlog.000001:12846 U:27',
    'begin U:28',
    'commit binlog.000001:13041 U:28',
    'begin U:29',
    'c shop.t - {"id":10,"a":"wider","b":null,"c":1} row 0',
    'commit binlog.000001:13350 U:29',
    'begin U:30',
    't shop.my - - row 0',
    'commit binlog.000001:13514 U:30',
    'begin U:31',
    'c shop.my - {"id":2} row 0',
    'commit binlog.000001:13889 U:31',
    'progress binlog.000004:4 ',
  ])
})

test('transactions of MariaDB: compressed rows and statements, domains, XA, DDL', async () => {
  const lines = await readings('mariadb')
  expect(lines.slice(lines.indexOf('begin 0-1-17'))).toEqual([
    'begin 0-1-17',
    'c shop.t - {"id":4,"a":"packed","b":null} row 0',
    'c shop.t - {"id":5,"a":"packed","b":null} row 1',
    'c shop.t - {"id":6,"a":"packed","b":null} row 2',
    'u shop.t {"id":4,"a":"packed","b":null} {"id":4,"a":"packed too","b":null} row 0',
    'u shop.t {"id":5,"a":"packed","b":null} {"id":5,"a":"packed too","b":null} row 1',
    'u shop.t {"id":6,"a":"packed","b":null} {"id":6,"a":"packed too","b":null} row 2',
    'd shop.t {"id":4,"a":"packed too","b":null} - row 0',
    'd shop.t {"id":5,"a":"packed too","b":null} - row 1',
    'd shop.t {"id":6,"a":"packed too","b":null} - row 2',
    'commit binlog.000001:7061 0-1-17',
    'begin 0-1-18',
    'commit binlog.000001:7249 0-1-18',
    'begin 7-1-1',
    'c shop.t - {"id":7,"a":"domain","b":null} row 0',
    'commit binlog.000001:7491 7-1-1',
    'progress binlog.000001:7825 0-1-19 prepared since 7491',
    'begin 0-1-20',
    'c shop.t - {"id":8,"a":"xa1","b":null} row 0',
    'commit binlog.000001:7959 0-1-20',
    'progress binlog.000001:8293 0-1-21 prepared since 7959',
    'begin 0-1-22',
    'commit binlog.000001:8429 0-1-22',
    'begin 0-1-23',
    'c shop.t - {"id":10,"a":"xa3","b":null} row 0',
    'commit binlog.000001:8665 0-1-23',
    'begin 0-1-24',
    'commit binlog.000001:8821 0-1-24',
    'begin 0-1-25',
    'c shop.my - {"id":1} row 0',
    'commit binlog.000001:9075 0-1-25',
    'begin 0-1-26',
    'c shop.cp - {"id":1,"a":"one","b":5} row 0',
    'commit binlog.000001:9505 0-1-26',
    'begin 0-1-27',
    'commit binlog.000001:9653 0-1-27',
    'begin 0-1-28',
    'c shop.t - {"id":11,"a":"wider","b":null,"c":1} row 0',
    'commit binlog.000001:9904 0-1-28',
    'begin 0-1-29',
    't shop.my - - row 0',
    'commit binlog.000001:10030 0-1-29',
    'begin 0-1-30',
    'c shop.my - {"id":2} row 0',
    'commit binlog.000001:10236 0-1-30',
    'progress binlog.000005:4 ',
  ])
})

test('the file says which transactions are in the files before it', async () => {
  for (const [name, before] of [
    ['mysql', `${MYSQL}:1-5`],
    ['mariadb', '0-1-7'],
  ] as const) {
    const decoder = binlogDecoder()
    await decodeEvents(decoder, binlogRecording(name).slice(0, 4), () => undefined)
    expect(decoder.gtidsBeforeFile).toBe(before)
  }
})
