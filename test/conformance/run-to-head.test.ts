import { describe, expect, test } from 'vitest'
import { storedOffset } from '../../src/model/offset.ts'
import type { HeartbeatConfig } from '../../src/sources/source-config.ts'
import { commitInterleaved } from '../support/interleaved.ts'
import { SimulatedDatabase } from '../support/simulated/database.ts'
import { SIMULATED_INTERVAL_MS, SimulatedProcess } from '../support/simulated-process.ts'
import { memoryStore } from '../support/simulated-store.ts'

/** More turns than any run needs. */
const MOST_TURNS = 2_000

const source = {
  mode: 'off',
  by: null,
  intervalMs: SIMULATED_INTERVAL_MS,
  schema: 's',
  table: 't',
  deliver: false,
} as const

async function run(heartbeat: Partial<HeartbeatConfig>, headIsComparable: boolean) {
  const database = SimulatedDatabase.prepared()
  const { log } = database
  const store = memoryStore()
  log.confirmed = log.head
  log.createdAt = log.head
  await store.setOffset(storedOffset(log.offsetAt(log.head, 'progress', 0), log.positions.codec))
  const process = new SimulatedProcess({ database, store, until: 'head', heartbeat, headIsComparable })
  commitInterleaved(log, [2, 3], 1, 0)
  for (let turn = 0; process.ended === null && turn < MOST_TURNS; turn++) {
    if (process.gates.ready.length > 0) process.gates.open(0)
    else if (process.clock.sleepers > 0) process.clock.wakeNext()
    await process.settle()
  }
  const rows = (await store.visible()).filter((one) => 'row' in one).length
  return { ended: process.ended, rows, beats: process.source.beats }
}

describe.each([true, false])('a run to the head of a log whose head can be compared: %s', (headIsComparable) => {
  test('ends when all of it is delivered, with a beat of its own', async () => {
    const { ended, rows, beats } = await run({}, headIsComparable)
    expect(ended).toMatchObject({ end: { reason: 'head' } })
    expect(rows).toBe(5)
    expect(beats).toBeGreaterThan(0)
  })

  test('ends so without layer 2', async () => {
    const { ended, rows } = await run({ source }, headIsComparable)
    expect(ended).toMatchObject({ end: { reason: 'head' } })
    expect(rows).toBe(5)
  })
})
