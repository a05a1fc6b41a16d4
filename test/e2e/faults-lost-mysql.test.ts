import { describe, expect, test } from 'vitest'
import { expectAllDelivered, readsFromNow } from '../support/audited.ts'
import { type AuditedMysql, openAuditedMysql } from '../support/audited-mysql.ts'
import { startOffbeat } from '../support/child.ts'
import { proven } from '../support/fault.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { purgeAll } from '../support/mysql-purge.ts'
import { startMysqlReplica } from '../support/mysql-replica.ts'
import { BOTH_PRODUCTS } from '../support/mysql-versions.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { SteadyWriters } from '../support/steady-writers.ts'
import { waitFor } from '../support/wait-for.ts'

async function expectLost({ folder }: AuditedMysql, code: string, evidence: RegExp): Promise<void> {
  const cwd = folder.path
  const run = await runOffbeat(['run', '--quiet'], { cwd })
  expect(run.code, run.stderr).toBe(3)
  expect(run.stderr).toContain(code)
  expect(run.stderr).toMatch(evidence)
  expect(run.stderr).toContain('offbeat offsets reset shop')
  const status = await runOffbeat(['status'], { cwd })
  expect(status.code).toBe(3)
  expect(status.stdout).toContain('shop  lost')
  expect(status.stdout).toContain(code)
}

describe.each(BOTH_PRODUCTS)('%s', (version) => {
  const absent = mysqlMissing(version) !== null

  test.skipIf(absent)(
    'promise 9: the log purged while Offbeat is stopped, and reset under it, end it with 3, evidence and choices',
    async (context) => {
      await using audited = await openAuditedMysql(await startMysql({ version }))
      const { server } = audited
      const cwd = audited.folder.path
      const first = await runOffbeat(['run', '--until', 'head'], { cwd })
      expect(first.code, first.stderr).toBe(0)
      await audited.insert('unread')
      await purgeAll(server)
      await expectLost(audited, 'MYSQL_LOG_PURGED', /purged|begins after/u)
      expect(audited.delivered()).toEqual([])

      expect(await runOffbeat(['offsets', 'reset', 'shop', '--yes'], { cwd })).toMatchObject({ code: 0 })
      await using running = startOffbeat(['run'], { cwd })
      await readsFromNow(audited)
      await audited.insert('read')
      await waitFor({ until: 'the row is there' }, () => audited.delivered().length === 1)
      await server.query('', server.product === 'mysql' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER')
      const { code, stderr } = await running.ended
      expect(code, stderr).toBe(3)
      expect(stderr).toContain('MYSQL_LOG_RESET')
      expect(stderr).toMatch(/"verdict":"lost"/u)
      expect(audited.delivered()).toHaveLength(1)
      proven(context, {
        fault: 'the binary log purged while Offbeat is stopped, and reset while it runs',
        verdict: 'lost',
        result: 'the connector ends with 3, the evidence and the choices; nothing is skipped',
      })
    },
  )

  test.skipIf(absent)(
    'promise 2: the replica promoted and the primary killed: nothing is lost, nothing twice',
    async (context) => {
      const primary = await startMysql({ version })
      await using replica = await startMysqlReplica(primary, { version })
      await using audited = await openAuditedMysql(primary)
      audited.configure({ others: [replica] })
      const cwd = audited.folder.path
      await using running = startOffbeat(['run'], { cwd })
      await readsFromNow(audited)
      {
        await using writers = new SteadyWriters(audited, { seed: 31 })
        await writers.more(20)
      }
      await replica.promote()
      await primary.kill()
      await replica.query(audited.database, "INSERT INTO entry (pad) VALUES ('after')")
      const committed = await audited.committedOn(replica)
      await waitFor({ until: 'all is delivered' }, () => audited.delivered().length >= committed.length)
      await expectAllDelivered({
        ...audited,
        committed: () => audited.committedOn(replica),
        rows: () => audited.rowsOn(replica),
      })
      running.kill('SIGTERM')
      expect(await running.ended).toMatchObject({ code: 0 })
      expect(running.stderr()).toContain('MYSQL_OTHER_SERVER')
      proven(context, {
        fault: 'a replica promoted and the primary killed (kill -9)',
        verdict: null,
        result: 'continues at the new primary with the proof in the ledger; nothing lost, nothing twice',
      })
    },
  )
})
