import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { expectAllDelivered, readsFromNow, Sightings } from '../../support/audited.ts'
import { proven } from '../../support/fault.ts'
import { waitFor } from '../../support/wait-for.ts'
import { catchUp, killed, start } from './our-process.ts'
import type { FaultStage, FaultyDatabase } from './stage.ts'

/** Rows that are in the store and not visible: the beginning of a transaction larger than a batch. */
async function untilHalfATransactionIsTaken({ storePath }: FaultyDatabase): Promise<void> {
  await waitFor({ until: 'part of the transaction is in the store', everyMs: 1 }, () => {
    using db = new DatabaseSync(storePath, { readOnly: true, timeout: 60_000 })
    const unseen = 'SELECT 1 FROM chunk WHERE batch_seq > (SELECT visible_seq FROM source WHERE name = chunk.source)'
    return db.prepare(unseen).get() !== undefined
  })
}

/** kill -9 of our process in the middle of a large transaction. */
export function largeTransactionFaults(stage: FaultStage): void {
  describe.skipIf(stage.missing !== null)(`kill -9 of our process in a large transaction, ${stage.name}`, () => {
    test('promise 3: in the middle of a transaction larger than a batch: none of it is seen, then all of it once', async (context) => {
      await using audited = await stage.open()
      await using running = start(audited)
      await readsFromNow(audited)
      await audited.insert('before')
      await waitFor({ until: 'the first row is there' }, () => audited.delivered().length === 1)
      // It can be read faster than the statement returns.
      const inserted = audited.insertMany(30_000, 300)
      await Promise.all([inserted, untilHalfATransactionIsTaken(audited).then(() => killed(running))])
      const sightings = new Sightings(audited)
      expect(sightings.see()).toBe(1)
      await audited.insert('after')
      await catchUp(audited)
      await expectAllDelivered(audited, sightings)
      proven(context, {
        fault: 'Offbeat killed (kill -9) inside a transaction larger than a batch',
        verdict: null,
        result: 'nothing of the transaction is visible; after the restart all of it, once',
      })
    })
  })
}
