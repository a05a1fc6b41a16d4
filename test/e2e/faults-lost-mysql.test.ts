import { describe, expect, test } from 'vitest'
import { readsFromNow, Sightings } from '../support/audited.ts'
import { openAuditedMysql } from '../support/audited-mysql.ts'
import { startOffbeat } from '../support/child.ts'
import { expectLost } from '../support/expect-lost.ts'
import { proven } from '../support/fault.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { logFiles, purgeAll } from '../support/mysql-purge.ts'
import { BOTH_PRODUCTS } from '../support/mysql-versions.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { SteadyWriters } from '../support/steady-writers.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { waitFor } from '../support/wait-for.ts'

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
    'promise 9: files purged under a running Offbeat: those that it has read are not missed, one that it needs ends it with 3',
    async (context) => {
      await using audited = await openAuditedMysql(await startMysql({ version }))
      const { server } = audited
      await using proxy = await startTcpProxy(server)
      audited.configure({ port: proxy.port })
      await using running = startOffbeat(['run'], { cwd: audited.folder.path })
      await readsFromNow(audited)
      const sightings = new Sightings(audited)
      {
        await using writers = new SteadyWriters(audited, { seed: 33 })
        await writers.more(20)
        await sightings.more('the log is read')
        // The server keeps the file that is being read to us, and those after it.
        await server.query('', 'FLUSH BINARY LOGS')
        await sightings.more('the next file is read')
        const [oldest] = await logFiles(server)
        await waitFor({ until: 'the server has purged a file' }, async () => {
          await server.query('', `PURGE BINARY LOGS TO '${(await logFiles(server)).at(-1)}'`)
          return !(await logFiles(server)).includes(oldest ?? '')
        })
        proxy.cutAll()
        await sightings.more('it goes on after a new connection')
      }
      await audited.insert('the last of the writers')
      await waitFor({ until: 'all is delivered' }, () => audited.changes().at(-1)?.pad === 'the last of the writers')
      const known = audited.delivered()

      proxy.swallow(true)
      proxy.cutAll()
      await audited.insert('unread')
      await purgeAll(server)
      proxy.swallow(false)
      const { code, stderr } = await running.ended
      expect(code, stderr).toBe(3)
      expect(stderr).toContain('MYSQL_LOG_PURGED')
      expect(stderr).toMatch(/"verdict":"lost"/u)
      expect(audited.delivered()).toEqual(known)
      proven(context, {
        fault: 'the binary log purged while Offbeat runs and is cut off from the server',
        verdict: 'lost',
        result: 'the connector ends with 3; nothing is skipped. Files that were read already are not missed',
      })
    },
  )
})
