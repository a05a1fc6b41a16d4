import { describe, expect, test } from 'vitest'
import type { CheckFinding } from '../../src/sources/check.ts'
import { examineNow, runPrinted } from '../support/broken-postgresql.ts'
import { found, NO_SIGNS } from '../support/broken-server.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { connectTo } from '../support/postgresql-query.ts'
import { watchedDatabase } from '../support/postgresql-reading.ts'

const unseenIds = (findings: readonly CheckFinding[]) =>
  findings.filter(({ found: words }) => words.startsWith('not checked:')).map(({ id }) => id)

describe.skipIf(postgresqlMissing() !== null)(
  'a query of the doctor that the server refuses hides nothing else',
  () => {
    test.each([
      {
        revoke: 'SELECT ON pg_catalog.pg_stat_replication',
        grant: 'SELECT ON pg_stat_replication',
        unseen: ['postgresql.free-slots', 'postgresql.retention'],
        seen: ['postgresql.version', 'postgresql.heartbeat-table', 'postgresql.publication', 'postgresql.blockers'],
      },
      {
        revoke: 'EXECUTE ON FUNCTION pg_catalog.pg_control_system()',
        grant: 'EXECUTE ON FUNCTION pg_control_system',
        unseen: ['postgresql.version', 'postgresql.place', 'postgresql.blockers', 'postgresql.publication'],
        seen: ['postgresql.heartbeat-table', 'postgresql.heartbeat-grants', 'postgresql.replication-connection'],
      },
    ])('without $revoke', async ({ revoke, grant, unseen, seen }) => {
      await using database = await watchedDatabase(await sharedPostgresql())
      const examined = { database, config: database.config, signs: NO_SIGNS }
      const before = await examineNow(examined)
      expect(unseenIds(before)).toEqual([])
      await database.query(`REVOKE ${revoke} FROM PUBLIC`)
      const findings = await examineNow(examined)
      for (const id of unseen) {
        const fix = `GRANT ${grant} TO ${database.user}`
        expect(found(findings, id)).toMatchObject({ status: 'skip', code: null, expected: fix, fix: [{ text: fix }] })
      }
      for (const id of seen) expect(found(findings, id)).toEqual(found(before, id))
      await runPrinted(found(findings, unseen[0] ?? ''), database)
      expect(unseenIds(await examineNow(examined))).toEqual([])
    })

    test('while another session locks a catalog', async () => {
      await using database = await watchedDatabase(await sharedPostgresql())
      const examined = { database, config: database.config, signs: NO_SIGNS }
      const before = await examineNow(examined)
      await using locking = await connectTo(database.server.url(database.name))
      await locking.query('BEGIN; LOCK TABLE pg_catalog.pg_trigger IN ACCESS EXCLUSIVE MODE')
      const findings = await examineNow(examined)
      const hidden = found(findings, 'postgresql.heartbeat-table')
      expect(hidden).toMatchObject({ status: 'skip', found: expect.stringContaining('55P03') })
      expect(hidden.fix.at(-1)?.text).toContain('pg_blocking_pids')
      for (const id of ['postgresql.version', 'postgresql.place', 'postgresql.publication'])
        expect(found(findings, id)).toEqual(found(before, id))
    })
  },
)
