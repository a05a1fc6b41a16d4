import { describe, expect, test } from 'vitest'
import { type AuditedShop, expectAllDelivered, openAuditedShop } from '../support/audited-shop.ts'
import { type Child, startOffbeat } from '../support/child.ts'
import { rounds, soaking } from '../support/environment.ts'
import { proven } from '../support/fault.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { SteadyWriters } from '../support/steady-writers.ts'
import { letPass, waitFor } from '../support/wait-for.ts'

function start(audited: AuditedShop): Child {
  return startOffbeat(['run'], { cwd: audited.shop.folder.path })
}

async function killed(child: Child): Promise<void> {
  child.kill('SIGKILL')
  expect(await child.ended).toMatchObject({ signal: 'SIGKILL' })
}

async function catchUp(audited: AuditedShop): Promise<void> {
  const { code, stderr } = await runOffbeat(['run', '--until', 'head'], { cwd: audited.shop.folder.path })
  expect(code, stderr).toBe(0)
}

/** Rows that lie in the store and are not visible: the beginning of a transaction larger than a batch. */
async function untilHalfATransactionIsTaken(audited: AuditedShop): Promise<void> {
  const { DatabaseSync } = await import('node:sqlite')
  await waitFor({ until: 'part of the transaction is in the store', everyMs: 1 }, () => {
    using db = new DatabaseSync(audited.storePath, { readOnly: true, timeout: 60_000 })
    const unseen = 'SELECT 1 FROM chunk WHERE batch_seq > (SELECT visible_seq FROM source WHERE name = chunk.source)'
    return db.prepare(unseen).get() !== undefined
  })
}

describe.skipIf(postgresqlMissing(18) !== null)('kill -9 of our process', () => {
  test('promise 3: in the middle of a transaction larger than a batch: none of it is seen, then all of it once', async (context) => {
    await using audited = await openAuditedShop(await sharedPostgresql())
    await using running = start(audited)
    await running.output(/slot .*was created/u)
    await audited.shop.sql("INSERT INTO entry (pad) VALUES ('before')")
    await waitFor({ until: 'the first row is there' }, () => audited.delivered().length === 1)
    await audited.shop.sql("INSERT INTO entry (pad) SELECT repeat('x', 300) FROM generate_series(1, 30000)")
    await untilHalfATransactionIsTaken(audited)
    await killed(running)
    const seen = audited.delivered()
    expect(seen).toHaveLength(1)
    await audited.shop.sql("INSERT INTO entry (pad) VALUES ('after')")
    await catchUp(audited)
    await expectAllDelivered(audited, [seen])
    proven(context, {
      fault: 'Offbeat killed (kill -9) inside a transaction larger than a batch',
      verdict: null,
      result: 'nothing of the transaction is visible; after the restart all of it, once',
    })
  })
})

const KILLS = rounds({ usual: 3, all: 5, soak: 200 })
/** What is compared after each kill grows with the whole run. */
const RESTING = soaking ? { restMs: 300 } : {}

describe.skipIf(postgresqlMissing(14) !== null).each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
  test('promise 2: killed at random moments under steady writes, nothing is lost, nothing twice, no half transaction', async (context) => {
    await using audited = await openAuditedShop(await sharedPostgresql(version))
    const random = seededRandom(version)
    const seen: (readonly string[])[] = []
    await using first = start(audited)
    await first.output(/slot .*was created/u)
    {
      await using writers = new SteadyWriters(audited, { seed: version, ...RESTING })
      await writers.more(10)
      await killed(first)
      for (let kill = 0; kill < KILLS; kill++) {
        const before = audited.delivered().length
        seen.push(audited.delivered())
        await using running = start(audited)
        await waitFor({ until: 'it delivers again' }, () => audited.delivered().length > before)
        await letPass(random() * 250)
        await killed(running)
      }
    }
    await catchUp(audited)
    await expectAllDelivered(audited, seen)
    proven(context, {
      fault: 'Offbeat killed (kill -9) at random moments under load',
      verdict: null,
      result: 'nothing lost, nothing twice, never half a transaction',
    })
  })
})
