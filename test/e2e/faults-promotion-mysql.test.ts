import { describe, expect, test } from 'vitest'
import { type Audited, type EntryWriter, expectAllDelivered, readsFromNow, Sightings } from '../support/audited.ts'
import { openAuditedMysql } from '../support/audited-mysql.ts'
import { startOffbeat } from '../support/child.ts'
import { proven } from '../support/fault.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { startMysqlReplica } from '../support/mysql-replica.ts'
import { BOTH_PRODUCTS } from '../support/mysql-versions.ts'
import { SteadyWriters } from '../support/steady-writers.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { waitFor } from '../support/wait-for.ts'

/** An application that finds the server where it can write by itself. */
class Application {
  readonly #audited: Audited
  #target: Audited

  constructor(audited: Audited) {
    this.#audited = audited
    this.#target = audited
  }

  get view(): Audited {
    return { ...this.#audited, connect: (): Promise<EntryWriter> => this.#target.connect() }
  }

  goesTo(target: Audited): void {
    this.#target = target
  }
}

async function expectRest(promoted: Audited, sightings: Sightings): Promise<void> {
  const committed = await promoted.committed()
  await waitFor({ until: 'all is delivered' }, () => sightings.see() >= committed.length)
  await expectAllDelivered(promoted, sightings)
}

describe.each(BOTH_PRODUCTS)('promotion under load, %s', (version) => {
  const of = test.skipIf(mysqlMissing(version) !== null)

  of(
    'promise 2: the primary is killed under load and a replica promoted: it goes on there, and nothing is lost',
    async (context) => {
      const primary = await startMysql({ version })
      await using audited = await openAuditedMysql(primary)
      await using replica = await startMysqlReplica(primary, { version })
      await replica.catchUp()
      await using proxy = await startTcpProxy(primary)
      audited.configure({ port: proxy.port, others: [replica] })
      await using running = startOffbeat(['run'], { cwd: audited.folder.path })
      await readsFromNow(audited)
      const promoted = audited.on(replica)
      const application = new Application(audited)
      const sightings = new Sightings(promoted)
      {
        await using writers = new SteadyWriters(application.view, { seed: 31 })
        await writers.more(20)
        // A transaction that was delivered and had not reached the replica would be lost by the promotion, and the connector stops then.
        proxy.swallow(true)
        await replica.catchUp()
        await writers.more(20)
        await primary.kill()
        await replica.takeOver()
        proxy.swallow(false)
        sightings.see()
        application.goesTo(promoted)
        await writers.more(20)
        await sightings.more('the new primary is read')
      }
      await expectRest(promoted, sightings)
      running.kill('SIGTERM')
      expect(await running.ended).toMatchObject({ code: 0 })
      expect(running.stderr()).toContain('MYSQL_OTHER_SERVER')
      proven(context, {
        fault: 'the primary killed (kill -9) under load, a replica promoted',
        verdict: null,
        result: 'continues at the new primary with the proof in the ledger; nothing lost, nothing twice',
      })
    },
  )

  of(
    'promise 2: the replica that is read is promoted under load, its primary killed: nothing is lost',
    async (context) => {
      const primary = await startMysql({ version })
      await using audited = await openAuditedMysql(primary)
      await using replica = await startMysqlReplica(primary, { version })
      await replica.catchUp()
      const hosts = [`${replica.host}:${replica.port}`]
      audited.configure({ keys: { hosts, readOnly: true, heartbeat: { interval: '500ms', source: { mode: 'off' } } } })
      await using running = startOffbeat(['run'], { cwd: audited.folder.path })
      await readsFromNow(audited)
      const promoted = audited.on(replica)
      const application = new Application(audited)
      const sightings = new Sightings(promoted)
      {
        await using writers = new SteadyWriters(application.view, { seed: 32 })
        await writers.more(20)
        await sightings.more('the replica is read')
        await primary.kill()
        await replica.takeOver()
        sightings.see()
        application.goesTo(promoted)
        await writers.more(20)
      }
      await expectRest(promoted, sightings)
      running.kill('SIGTERM')
      expect(await running.ended).toMatchObject({ code: 0 })
      proven(context, {
        fault: 'the primary killed (kill -9) under load, the replica that is read promoted',
        verdict: null,
        result: 'reading continues; nothing lost, nothing twice',
      })
    },
  )
})
