import { describe, test } from 'vitest'
import type { DemoState } from '../../src/demo/demo-state.ts'
import type { OpenStage } from '../../src/demo/stage.ts'
import { type MongodbPace, mongodbStage, PACE } from '../../src/demo/stages/mongodb/stage.ts'
import {
  demoCommandSuite,
  demoFiguresTest,
  demoFolders,
  demoRefusesVariable,
  demoStopsAtStart,
  expectExpiringStory,
} from '../support/demo-suite.ts'
import { ownMongodbMissing } from '../support/mongodb.ts'

/** The same story in a few seconds. */
const FAST: MongodbPace = {
  ...PACE,
  beatIntervalMs: 300,
  settleIntervalMs: 500,
  retentionMs: 4000,
  bytesPerSecond: 600_000,
  atRiskMs: 1500,
  restart: { afterLostMs: 0, downMs: 200 },
}

/** The documents that may be written before the guarded reader has been seen to need less than half of the oplog: a quarter of it. */
const STEP = (FAST.bytesPerSecond * FAST.retentionMs) / 1000 / 1000 / 4

const folder = demoFolders()

describe.skipIf(ownMongodbMissing() !== null)('offbeat demo mongodb', () => {
  test('a guarded reader restarts where it was, and an unguarded one needs what was removed', async () => {
    await expectExpiringStory({
      kind: 'mongodb',
      removed: 'removed',
      lostCode: 'MONGODB_OPLOG_LOST',
      open: (states) => heldBack(states, mongodbStage(FAST)),
    })
  })

  demoStopsAtStart('mongodb', folder, false)
  demoFiguresTest('mongodb', folder, /guarded: needs .* from \d\d:\d\d:\d\d, could be down for/u)
  demoCommandSuite('mongodb', folder, {
    summary: 'needs',
    title: '(?:MongoDB|SecantusDB)',
    starting: "(?:MongoDB \\d\\S*|SecantusDB \\d\\S*, which speaks MongoDB's protocol: no mongod was found)",
  })
})

demoRefusesVariable('mongodb', folder, 'MONGOD_BINARY', 'MongoDB')

/**
 * The oplog rolls over by what is written, however slow the machine is. So nothing is written while the guarded reader is behind, and nothing
 * more once the unguarded one is lost.
 */
function heldBack(states: readonly DemoState[], open: OpenStage): OpenStage {
  let written = 0
  let seen = 0
  const isOver = () => states.at(-1)?.unguarded.verdict?.name === 'lost'
  const isBehind = () => (states.at(-1)?.guarded.heldBytes ?? 0) > 2 * STEP * 1000
  return async (options) => {
    const { busy, ...stage } = await open(options)
    const insertRows = async (count: number) => {
      if (states.length > seen) [seen, written] = [states.length, 0]
      const rows = isOver() || isBehind() ? 0 : Math.min(count, STEP - written)
      if (rows <= 0) return
      written += rows
      await busy.insertRows(rows)
    }
    return { ...stage, busy: { ...busy, insertRows } }
  }
}
