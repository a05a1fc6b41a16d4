import { describe, expect, test } from 'vitest'
import { expectAllDelivered, readsFromNow, Sightings } from '../support/audited.ts'
import { openAuditedMysql } from '../support/audited-mysql.ts'
import { startOffbeat } from '../support/child.ts'
import { soaking, thorough } from '../support/environment.ts'
import { proven } from '../support/fault.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { BOTH_PRODUCTS } from '../support/mysql-versions.ts'
import { smallDisk } from '../support/small-disk.ts'
import { SteadyWriters } from '../support/steady-writers.ts'
import { waitFor } from '../support/wait-for.ts'

const DISK_BYTES = 8 * 1024 ** 2
const LEFT_BYTES = 1_000_000

/** The server tries again each minute, which is too long for every run. */
const ENDINGS = ['killed', ...(thorough || soaking ? ['given room'] : [])]

describe.each(BOTH_PRODUCTS)("the disk of the server's log is full, %s", (version) => {
  test.skipIf(mysqlMissing(version) !== null).for(ENDINGS)(
    'promise 2: commits wait, which is reported with the disk as a reason; the server %s with half a transaction in the log, nothing is lost',
    async (ending, context) => {
      using disk = smallDisk(DISK_BYTES)
      const server = await startMysql({ version, settings: { log_bin: disk.file('binlog') } })
      await using audited = await openAuditedMysql(server)
      await using running = startOffbeat(['run'], { cwd: audited.folder.path })
      await readsFromNow(audited)
      const sightings = new Sightings(audited)
      disk.leave(LEFT_BYTES)
      {
        await using writers = new SteadyWriters(audited, { seed: 35, bytes: 10_000 })
        await waitFor({ until: 'the disk is full' }, () => /Disk is full writing/u.test(server.log()))
        await running.output(/"code":"HEARTBEAT_SLOW".*disk of the binary log is full/u)
        expect(running.stderr()).toMatch(/"verdict":"stale"/u)
        sightings.see()
        if (ending === 'killed') await server.kill()
        disk.clear()
        if (ending === 'killed') await server.start()
        await writers.more(3)
      }
      await audited.insert('after')
      await waitFor({ until: 'it goes on' }, () => audited.changes().at(-1)?.pad === 'after')
      await expectAllDelivered(audited, sightings)
      proven(context, {
        fault: "the disk of the server's binary log is full; there is room again, or the server is killed (kill -9)",
        verdict: 'stale',
        result: 'reported with what to check; continues when there is space; nothing lost, nothing twice',
      })
    },
  )
})
