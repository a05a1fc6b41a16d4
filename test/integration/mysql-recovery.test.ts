import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { cutLastEvent } from '../support/binlog-cut.ts'
import { proven } from '../support/fault.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { logFiles } from '../support/mysql-purge.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { startReplacingProxy } from '../support/replacing-proxy.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'

const TEXT = 'XXXXXXXX'

function configure(folder: TemporaryFolder, server: MysqlServer, port: number): void {
  const { host, user, password, product } = server
  const shop = {
    kind: product,
    host,
    port,
    user,
    password,
    // The proxy has to find the bytes of a row.
    tls: { mode: 'disable' },
    ...(product === 'mysql' ? { allowPublicKeyRetrieval: true } : {}),
    tables: ['d.item'],
    heartbeat: { interval: '1s', source: { mode: 'off' } },
  }
  const sink = { kind: 'sqlite', path: 'offbeat.db' }
  writeFileSync(folder.file('offbeat.yaml'), JSON.stringify({ sources: { shop }, sink }), { mode: 0o600 })
}

function delivered(folder: TemporaryFolder): readonly number[] {
  using db = new DatabaseSync(folder.file('offbeat.db'), { readOnly: true })
  const rows = db.prepare("SELECT key FROM message WHERE topic = 'shop.d.item' ORDER BY seq").all()
  return rows.map(({ key }) => Number(JSON.parse(String(key)).id))
}

/** The events that were saved, and the last line. */
function savedIn(file: string) {
  const [head = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n')
  const events = lines.slice(0, -1).map((line) => Buffer.from(JSON.parse(line).message, 'base64'))
  return { head: JSON.parse(head), events, last: JSON.parse(lines.at(-1) ?? '') }
}

describe.each(BOTH_PRODUCTS)('recovery, %s', (version) => {
  const ways = mysqlServerKind(version).product === 'mysql' ? ['with', 'without'] : ['with']

  test.skipIf(mysqlMissing(version) !== null).for(ways)(
    'promise 2: transactions that cannot be decoded or written, %s GTIDs, are skipped alone, their bytes saved first',
    async (gtids, context) => {
      const settings = {
        binlog_checksum: 'NONE',
        ...(gtids === 'with' ? {} : { gtid_mode: 'OFF', enforce_gtid_consistency: 'OFF' }),
      }
      await using server = await startMysql({ version, settings })
      using folder = temporaryFolder()
      const offbeat = (...args: string[]) => runOffbeat(args, { cwd: folder.path })
      const stopsAt = async () => {
        const { code, stderr } = await offbeat('run', '--until', 'head', '--quiet')
        expect(code, stderr).not.toBe(0)
        return { id: /--transaction ([^\s"]+)/u.exec(stderr)?.[1] ?? '', stderr }
      }
      await server.query('', 'CREATE DATABASE d; CREATE TABLE d.item (id int PRIMARY KEY, note varchar(20))')
      await using proxy = await startReplacingProxy(server, Buffer.from(TEXT), Buffer.from('\xff'.repeat(8), 'latin1'))
      configure(folder, server, proxy.port)
      expect(await offbeat('run', '--until', 'head', '--quiet')).toMatchObject({ code: 0 })

      await server.query('d', "INSERT INTO item VALUES (1, 'before')")
      await server.query('d', "BEGIN; INSERT INTO item VALUES (2, 'kept'), (3, 'kept'); COMMIT")
      await using session = await server.connect('d')
      await session.query("SET binlog_format = 'STATEMENT'")
      await session.query("INSERT INTO item VALUES (4, 'planted')")
      await server.query('d', "INSERT INTO item VALUES (5, 'after')")
      await server.query('d', `INSERT INTO item VALUES (6, '${TEXT}'), (7, 'lost')`)
      await server.query('d', "INSERT INTO item VALUES (8, 'last')")

      const first = await stopsAt()
      expect(first.stderr).toMatch(/MYSQL_STATEMENT_LOGGED/u)
      expect(first.stderr).not.toContain('planted')
      expect(delivered(folder)).toEqual([1, 2, 3])
      const wrong = await offbeat('offsets', 'skip', 'shop', '--transaction', '0-1-1', '--yes')
      expect(wrong.stderr).toContain('SKIP_REFUSED')
      const skipped = await offbeat('offsets', 'skip', 'shop', '--transaction', first.id, '--yes', '--save', 'one')
      expect(skipped.code, skipped.stderr).toBe(0)
      const one = savedIn(folder.file('one'))
      expect(one.head).toMatchObject({ version: 1, transaction: first.id, kind: server.product })
      expect(one.last).toMatchObject({ whole: true, error: 'MYSQL_STATEMENT_LOGGED' })
      expect(Buffer.concat(one.events).includes('planted')).toBe(true)

      const second = await stopsAt()
      expect(second.stderr).toContain('d.item')
      expect(delivered(folder)).toEqual([1, 2, 3, 5])
      const again = await offbeat('offsets', 'skip', 'shop', '--transaction', second.id, '--yes', '--save', 'two')
      expect(again.code, again.stderr).toBe(0)
      expect(again.stderr.replaceAll(/\s+/gu, ' ')).toContain('d.item c 2')
      expect(savedIn(folder.file('two')).last).toMatchObject({ whole: true, table: 'd.item' })
      expect(await offbeat('run', '--until', 'head', '--quiet')).toMatchObject({ code: 0 })
      expect(delivered(folder)).toEqual([1, 2, 3, 5, 8])
      proven(context, {
        fault: 'a transaction that cannot be decoded, and one logged as a statement',
        verdict: null,
        result:
          'the connector stops at each; only this one is skipped on request, its bytes saved first; everything else is delivered once',
      })
    },
  )

  test.skipIf(mysqlMissing(version) !== null).each([2, 300])(
    'promise 2: a transaction of %s rows that the server was killed in is not delivered, and reading goes on',
    async (rows) => {
      await using server = await startMysql({ version })
      using folder = temporaryFolder()
      const readOn = async () => {
        const { code, stderr } = await runOffbeat(['run', '--until', 'head', '--quiet'], { cwd: folder.path })
        expect(code, stderr).toBe(0)
        return stderr
      }
      await server.query('', 'CREATE DATABASE d; CREATE TABLE d.item (id int PRIMARY KEY, note varchar(9000))')
      configure(folder, server, server.port)
      await readOn()
      await server.query('d', "INSERT INTO item VALUES (1, 'before')")
      const inserts = Array.from({ length: rows }, (_, i) => `INSERT INTO item VALUES (${100 + i}, REPEAT('x', 9000))`)
      await server.query('d', `BEGIN; ${inserts.join('; ')}; COMMIT`)
      const file = join(server.dataDir, (await logFiles(server)).at(-1) ?? '')
      await server.kill()
      cutLastEvent(file)
      await server.start()
      await server.query('d', "REPLACE INTO item VALUES (4, 'after')")
      await readOn()
      expect(delivered(folder)).toEqual([1, 4])
    },
  )
})
