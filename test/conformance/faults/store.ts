import { describe, test } from 'vitest'
import type { Message } from '../../../src/model/message.ts'
import type { Store } from '../../../src/sqlite/store.ts'
import { expectAllDelivered, Sightings } from '../../support/audited.ts'
import { proven } from '../../support/fault.ts'
import { JumpingClock } from '../../support/jumping-clock.ts'
import { openStore } from '../../support/open-store.ts'
import { RunningConnector } from '../../support/running-connector.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { FaultStage, FaultyDatabase } from './stage.ts'

const HOUR_MS = 3_600_000

const LIMIT_BYTES = 6_000_000
const FILLER_BYTES = 4_500_000
const NOBODY = new AbortController().signal

/** Messages of another source that fill most of the store. */
async function fill(store: Store, atMs: number): Promise<void> {
  await using lane = await store.sink().claim('other', NOBODY)
  const bytes = Buffer.alloc(50_000, 0x78)
  const one: Message = { topic: 'other', bytes, keyAt: 0, valueAt: 0, end: bytes.length, tsMs: atMs }
  const moved = { by: 'commit', why: 'filled', atMs } as const
  const offset = { position: '1', server: null, memory: {}, moved }
  const messages = Array.from({ length: FILLER_BYTES / bytes.length }, () => ({ ...one, bytes: Buffer.from(bytes) }))
  await lane.write({ messages, offset }, NOBODY)
}

async function fillsUp(audited: FaultyDatabase, connector: RunningConnector): Promise<void> {
  const triesBefore = tries(connector).length
  for (let round = 0; tries(connector).length === triesBefore && round < 100; round++) {
    await audited.insertMany(100, 2000)
    const written = (await audited.committed()).length
    await waitFor(
      { until: 'it is delivered or refused' },
      () => audited.delivered().length === written || tries(connector).length > triesBefore,
    )
  }
}

/** How long was waited after each refusal by the full store. */
function tries({ said }: RunningConnector): readonly number[] {
  return said.flatMap(({ fields }) =>
    fields['code'] === 'STORE_FULL' && typeof fields['delayMs'] === 'number' ? [fields['delayMs']] : [],
  )
}

/**
 * A batch that still fits, for example a heartbeat or the first transaction of a refused batch, ends a row of refusals; the next begins with
 * the shortest wait again.
 */
function hasDoubledTwice(waitsMs: readonly number[]): boolean {
  return waitsMs.some((first, at) => waitsMs[at + 1] === 2 * first && waitsMs[at + 2] === 4 * first)
}

async function allIsDelivered(audited: FaultyDatabase): Promise<void> {
  const { length } = await audited.committed()
  await waitFor({ until: 'all is delivered' }, () => audited.delivered().length >= length)
}

/** The store's disk is full. */
export function storeFaults(stage: FaultStage): void {
  describe.skipIf(stage.missing !== null)(`a store that cannot grow, ${stage.name}`, () => {
    test('promise 2: it is said, tried again ever more slowly, and gone on with when there is room: nothing is lost', async (context) => {
      await using audited = await stage.open()
      const clock = new JumpingClock()
      const sightings = new Sightings(audited)
      {
        clock.jump(-2 * HOUR_MS)
        const retain = { ageMs: HOUR_MS, messages: null }
        await using store = await openStore(audited.storePath, { maxBytes: LIMIT_BYTES, retain, clock })
        await fill(store, clock.nowMs())
        clock.jump(2 * HOUR_MS)
        await using connector = new RunningConnector(audited.source, store, clock)
        await connector.untilFirstOffset()
        await fillsUp(audited, connector)
        await waitFor({ until: 'the waits of three attempts in a row double' }, () => hasDoubledTwice(tries(connector)))
        await waitFor({ until: 'the verdict says that something is wrong' }, () =>
          connector.said.some(({ fields }) => fields['verdict'] === 'stale'),
        )
        sightings.see()
        await store.tidy()
        await allIsDelivered(audited)
        await expectAllDelivered(audited, sightings)
        await fillsUp(audited, connector)
        sightings.see()
      }
      await using store = await openStore(audited.storePath)
      await using _connector = new RunningConnector(audited.source, store, clock)
      await allIsDelivered(audited)
      await expectAllDelivered(audited, sightings)
      proven(context, {
        fault: 'the store cannot grow (disk full)',
        verdict: 'stale',
        result: 'reported, retried with growing delay, continues when there is space; nothing lost, nothing twice',
      })
    })
  })
}
