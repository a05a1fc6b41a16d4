import fc from 'fast-check'
import type { MysqlProduct } from '../../src/local-server/mysql/mysql-binaries.ts'

/** One column type, with values that are inserted into statements verbatim. */
export interface SampledType {
  readonly sql: string
  readonly only?: MysqlProduct
  readonly values: readonly string[]
  readonly generated?: fc.Arbitrary<string>
  /** An SQL expression for the server's text of the value `v`, which must equal the message's. Default: `CAST(v AS CHAR)`. */
  readonly text?: string
  /** The part of the message that is compared with it. Default: the content of a string, or the JSON itself. */
  readonly said?: (json: string) => string
}

const quoted = (text: string) => `'${text.replaceAll(/[\\']/gu, '\\$&')}'`
const hexOfBase64 = (json: string) =>
  Buffer.from(String(JSON.parse(json)), 'base64')
    .toString('hex')
    .toUpperCase()
const big = (min: bigint, max: bigint) => fc.bigInt({ min, max }).map(String)

function integer(sql: string, bits: number): SampledType[] {
  const half = 2n ** BigInt(bits - 1)
  const signed = [-half, -half + 1n, -1n, 0n, 1n, half - 1n].map(String)
  const unsigned = [0n, 1n, half - 1n, half, 2n * half - 1n].map(String)
  return [
    { sql, values: signed, generated: big(-half, half - 1n) },
    { sql: `${sql} unsigned`, values: unsigned, generated: big(0n, 2n * half - 1n) },
  ]
}

function decimal(precision: number, scale: number): SampledType {
  const most = '9'.repeat(precision)
  const decimal = (digits: string, sign: string) =>
    scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale) || '0'}.${digits.slice(-scale)}`
  const digits = fc.stringMatching(new RegExp(`^[0-9]{${precision}}$`, 'u'))
  return {
    sql: `decimal(${precision},${scale})`,
    values: [decimal(most, ''), decimal(most, '-'), '0', decimal('1'.padStart(precision, '0'), '-')],
    generated: fc.tuple(digits, fc.constantFrom('', '-')).map(([text, sign]) => decimal(text, sign)),
  }
}

const two = (value: number) => String(value).padStart(2, '0')
const fraction = (decimals: number) => (decimals === 0 ? '' : `.${'123456'.slice(0, decimals)}`)
const day = fc
  .record({
    y: fc.integer({ min: 1000, max: 9999 }),
    m: fc.integer({ min: 0, max: 12 }),
    d: fc.integer({ min: 0, max: 28 }),
  })
  .map(({ y, m, d }) => `${y}-${two(m)}-${two(d)}`)
const clock = (hours: number, decimals: number) =>
  fc
    .record({ h: fc.nat(hours), m: fc.nat(59), s: fc.nat(59), f: fc.stringMatching(/^[0-9]{6}$/u) })
    .map(({ h, m, s, f }) => `${two(h)}:${two(m)}:${two(s)}${decimals === 0 ? '' : `.${f.slice(0, decimals)}`}`)
const spaced = (json: string) => String(JSON.parse(json)).replace('T', ' ').replace(/Z$/u, '')

function temporal(decimals: number): SampledType[] {
  const most = decimals === 0 ? '' : `.${'9'.repeat(decimals)}`
  const range = decimals === 0 ? '' : `(${decimals})`
  const times = [
    `838:59:59`,
    `-838:59:59`,
    `0:0:0`,
    `-0:0:1${fraction(decimals)}`,
    `-0:0:0${fraction(decimals)}`,
    `100:0:0${most}`,
  ]
  return [
    {
      sql: `time${range}`,
      values: times.map(quoted),
      generated: fc.tuple(clock(837, decimals), fc.constantFrom('', '-')).map(([text, sign]) => quoted(sign + text)),
    },
    {
      sql: `datetime${range}`,
      values: [
        `0000-00-00 00:00:00`,
        `2026-00-00 01:02:03${most}`,
        `1000-01-01 00:00:00`,
        `9999-12-31 23:59:59${most}`,
      ].map(quoted),
      generated: fc.tuple(day, clock(23, decimals)).map(([date, time]) => quoted(`${date} ${time}`)),
      said: spaced,
    },
    {
      sql: `timestamp${range} null`,
      values: [
        `0000-00-00 00:00:00`,
        `1970-01-01 00:00:01`,
        `2038-01-19 03:14:07${most}`,
        `2000-02-29 23:59:59${most}`,
      ].map(quoted),
      generated: fc
        .tuple(fc.integer({ min: 1, max: 2_147_483_646 }), fc.stringMatching(/^[0-9]{6}$/u))
        .map(([seconds, rest]) => `from_unixtime(${seconds}.${rest.slice(0, decimals) || 0})`),
      said: spaced,
    },
  ]
}

const text = fc.string({ unit: 'binary', maxLength: 40 }).map((value) => `X'${Buffer.from(value).toString('hex')}'`)
const bytes = (max: number) =>
  fc.uint8Array({ maxLength: max }).map((value) => `X'${Buffer.from(value).toString('hex')}'`)
const utf8 = (sql: string, only?: MysqlProduct): SampledType => ({
  sql: `${sql}`,
  ...(only === undefined ? {} : { only }),
  values: ["''", quoted('a\\"\n\t\u0001 ä漢字 𝄞'), quoted('x'.repeat(60))],
  generated: text.map((value) => `CONVERT(${value} USING utf8mb4)`),
  text: 'v',
})
const binary = (sql: string, max: number, only?: MysqlProduct): SampledType => ({
  sql,
  ...(only === undefined ? {} : { only }),
  values: ["X''", "X'00'", "X'FF00'"],
  generated: bytes(max),
  text: 'HEX(v)',
  said: hexOfBase64,
})

/** The server compares floats: it must read the message's text as the same number. */
function float(sql: string): SampledType {
  const all = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)
  const some = fc.float({ noNaN: true, noDefaultInfinity: true }).map(String)
  return {
    sql,
    values: ['0', '-0', '0.1', '16777217', '1e-40', '3.4028234e38', '-1.17549435e-38', '123456.789'],
    generated: sql === 'float' ? some : all,
    text: 'v',
    said: (json) => json,
  }
}

const doubles = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => `'[${value === 0 ? 0 : value}]'`)
const jsonValue = fc
  .jsonValue({ stringUnit: 'grapheme', maxDepth: 4 })
  .filter((value) => !JSON.stringify(value).includes('-0'))
const json: SampledType = {
  sql: 'json',
  only: 'mysql',
  values: [
    'null',
    "'null'",
    "'true'",
    "'[]'",
    "'{}'",
    '\'"ä\\\\"\\\\n"\'',
    "'-1'",
    "'32768'",
    "'-32769'",
    "'4294967296'",
    ...[14, 15, 16, 17].flatMap((zeros) => [`'1e${zeros}'`, `'-1.25e-${zeros}'`, `'123456789e${zeros - 8}'`]),
    "'18446744073709551615'",
    "'-9223372036854775808'",
    '\'{"b": 1, "a": [1, {"c": null}], "": 2}\'',
    "json_array(cast('1.50' as decimal(10,2)), cast('-99999999999999999999.99' as decimal(40,2)))",
    "json_array(cast('2026-02-03' as date), cast('-838:59:59' as time), cast('2026-01-02 03:04:05.678901' as datetime(6)))",
    "json_array(cast(X'00FF' as binary), b'101', year(now()) > 0)",
    `'[${Array.from({ length: 40 }, (_, i) => `{"k${i}": "${'v'.repeat(i * 20)}"}`).join(', ')}]'`,
    `'${JSON.stringify('x'.repeat(70_000))}'`,
    `'[${Array.from({ length: 20_000 }, (_, i) => i * 1000 - 7_000_000).join(', ')}]'`,
    `concat(repeat('[', 100), repeat(']', 100))`,
  ],
  generated: fc.oneof(
    jsonValue.map((value) => quoted(JSON.stringify(value))),
    doubles,
  ),
}

const CHARSETS = [
  'ascii',
  'latin1',
  'latin2',
  'latin5',
  'latin7',
  'cp1250',
  'cp1251',
  'cp1256',
  'cp1257',
  'cp850',
  'cp852',
  'cp866',
  'koi8r',
  'koi8u',
  'greek',
  'hebrew',
  'tis620',
  'macroman',
  'macce',
  'dec8',
  'hp8',
  'swe7',
  'keybcs2',
  'armscii8',
  'geostd8',
  'utf8mb3',
  'ucs2',
  'utf16',
  'utf16le',
  'utf32',
  'big5',
  'gbk',
  'gb2312',
  'sjis',
  'cp932',
  'ujis',
  'eucjpms',
  'euckr',
]

const inCharset = (charset: string): SampledType => ({
  sql: `varchar(400) character set ${charset}`,
  values: ["''", quoted('plain "text"\\'), quoted('äöüß éè ñ Привет γειά שלום 漢字 ひらがな カタカナ 한국어 ไทย €')],
  generated: fc.string({ unit: 'grapheme', maxLength: 30 }).map(quoted),
  text: 'CONVERT(v USING utf8mb4)',
})

const member = (sql: string, values: readonly string[]): SampledType => ({
  sql,
  values: values.map(quoted),
  text: 'CONVERT(v USING utf8mb4)',
})
const many = Array.from({ length: 300 }, (_, i) => `m${i}`)

function geometry(sql: string, values: readonly string[]): SampledType {
  return {
    sql,
    values,
    text: 'HEX(v)',
    said: (json) => {
      const { wkb, srid } = JSON.parse(json)
      const head = Buffer.alloc(4)
      head.writeUInt32LE(srid)
      return Buffer.concat([head, Buffer.from(wkb, 'base64')])
        .toString('hex')
        .toUpperCase()
    },
  }
}

/** The types that the server has. MySQL 5.6 has none of those that are MySQL's own. */
export function sampledTypes({ product, version }: { product: MysqlProduct; version: string }): SampledType[] {
  const own = version.startsWith('5.6.') ? undefined : product
  return SAMPLED_TYPES.filter(({ only }) => only === undefined || only === own)
}

const SAMPLED_TYPES: readonly SampledType[] = [
  ...integer('tinyint', 8),
  ...integer('smallint', 16),
  ...integer('mediumint', 24),
  ...integer('int', 32),
  ...integer('bigint', 64),
  ...[
    [1, 0],
    [5, 2],
    [9, 9],
    [10, 0],
    [18, 9],
    [19, 1],
    [30, 30],
    [38, 20],
    [65, 0],
    [65, 30],
  ].map(([p = 1, s = 0]) => decimal(p, s)),
  {
    ...decimal(20, 3),
    sql: 'decimal(20,3) unsigned',
    values: ['0', '12345678901234567.123'],
    generated: fc.nat().map(String),
  },
  float('float'),
  float('double'),
  { ...float('float'), sql: 'float(10,3)', values: ['1.5', '-1234.567'] },
  ...[0, 1, 2, 3, 4, 5, 6].flatMap(temporal),
  { sql: 'date', values: ["'0000-00-00'", "'2026-00-00'", "'9999-12-31'", "'2026-02-31'"], generated: day.map(quoted) },
  { sql: 'year', values: ['1901', '2155', '2026'], generated: fc.integer({ min: 1901, max: 2155 }).map(String) },
  { sql: 'bit(1)', values: ["b'0'", "b'1'"], text: 'v+0', said: (value) => (value === 'true' ? '1' : '0') },
  ...[5, 8, 33, 64].map(
    (bits): SampledType => ({
      sql: `bit(${bits})`,
      values: [`b'0'`, `b'1'`, `b'${'1'.repeat(bits)}'`],
      generated: fc.stringMatching(new RegExp(`^[01]{${bits}}$`, 'u')).map((digits) => `b'${digits}'`),
      text: `LPAD(BIN(v+0), ${bits}, '0')`,
    }),
  ),
  utf8('char(80)'),
  utf8('varchar(80)'),
  utf8('varchar(4000)'),
  utf8('tinytext'),
  utf8('text'),
  utf8('mediumtext'),
  utf8('longtext'),
  { sql: 'json', only: 'mariadb', values: ['\'{"a": 1.50}\'', "'[]'"] },
  binary('binary(20)', 20),
  binary('varbinary(30)', 30),
  binary('varbinary(3000)', 30),
  binary('tinyblob', 60),
  binary('blob', 60),
  binary('longblob', 60),
  utf8('text compressed', 'mariadb'),
  utf8('varchar(4000) compressed', 'mariadb'),
  binary('blob compressed', 60, 'mariadb'),
  { ...member(`enum('a,b','größe','it''s','"')`, ['a,b', 'größe', "it's", '"', 'none of them']) },
  { ...member(`enum(${many.map(quoted).join(',')}) character set latin1`, ['m0', 'm255', 'm256', 'm299']) },
  { ...member("set('x','größe','z','ж')", ['', 'x', 'x,größe', 'z,ж', 'x,größe,z,ж']) },
  {
    ...member(`set(${many.slice(0, 64).map(quoted).join(',')}) character set latin1`, ['m0', 'm63', 'm0,m31,m32,m63']),
  },
  ...CHARSETS.map(inCharset),
  { ...inCharset('gb18030'), only: 'mysql' },
  json,
  geometry('geometry', ["ST_GeomFromText('POINT(1.5 -2)', 4326)", "ST_GeomFromText('LINESTRING(0 0,1 1)')"]),
  geometry('point', ["ST_GeomFromText('POINT(0 0)')"]),
  geometry('polygon', ["ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')"]),
  geometry('geometrycollection', ["ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2))')"]),
  {
    sql: 'vector(3)',
    only: 'mysql',
    values: ["to_vector('[1,-2.5,0.1]')", "to_vector('[3.4e38,1e-30,0]')"],
    text: 'HEX(v)',
    said: (value) =>
      Buffer.from(Float32Array.from(JSON.parse(value)).buffer)
        .toString('hex')
        .toUpperCase(),
  },
  {
    sql: 'uuid',
    only: 'mariadb',
    values: ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
    generated: fc.uuid().map(quoted),
  },
  { sql: 'inet4', only: 'mariadb', values: ["'0.0.0.0'", "'255.255.255.255'"], generated: fc.ipV4().map(quoted) },
  {
    sql: 'inet6',
    only: 'mariadb',
    values: ["'::'", "'::1'", "'::ffff:1.2.3.4'", "'::1.2.3.4'", "'1::8'", "'1:0:0:2::'", "'fe80::'"],
    generated: fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((value) => quoted((Buffer.from(value).toString('hex').match(/.{4}/gu) ?? []).join(':'))),
  },
]
