import { describe, expect, test } from 'vitest'
import { commandList } from '../../../src/cli/program/command-list.ts'
import { runProgram } from '../../../src/cli/program/program.ts'
import type { PositionCodec } from '../../../src/model/position.ts'
import type { SourceStatus } from '../../../src/model/source-status.ts'
import type { Store } from '../../../src/sqlite/store.ts'
import { expectAllDelivered } from '../../support/audited.ts'
import { proven } from '../../support/fault.ts'
import { JumpingClock } from '../../support/jumping-clock.ts'
import { openStore } from '../../support/open-store.ts'
import { recordingContext } from '../../support/recording-context.ts'
import { RunningConnector } from '../../support/running-connector.ts'
import { SteadyWriters } from '../../support/steady-writers.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { FaultStage, FaultyDatabase } from './stage.ts'

const HOUR_MS = 3_600_000
/** What differs by less is not a jump of an hour, also on a machine that is busy for minutes. */
const NEAR_MS = HOUR_MS / 2

async function writeSome(audited: FaultyDatabase, seed: number): Promise<void> {
  {
    await using writers = new SteadyWriters(audited, { seed })
    await writers.more(30)
  }
  const { length } = await audited.committed()
  await waitFor({ until: 'all is delivered' }, () => audited.delivered().length >= length)
}

/** What the connector says of itself once both layers have beaten since the jump. */
async function nextStatus(store: Store, clock: JumpingClock): Promise<SourceStatus> {
  const fromMs = clock.nowMs()
  return await waitFor({ until: 'a status with beats from after the jump' }, async () => {
    const last = await store.journal.history.status('shop')
    const { writtenAt, seenAt } = last?.status.heartbeat.source ?? {}
    const connectorAt = last?.status.heartbeat.connector.at
    const near = (at: string | null | undefined) => at != null && Math.abs(Date.parse(at) - fromMs) < NEAR_MS
    return last !== null &&
      Math.abs(last.atMs - fromMs) < NEAR_MS &&
      near(writtenAt) &&
      near(seenAt) &&
      near(connectorAt)
      ? last.status
      : null
  })
}

async function offbeat(audited: FaultyDatabase, clock: JumpingClock, ...argv: readonly string[]) {
  const context = recordingContext({ workingDirectory: audited.folder.path, clock })
  const code = await runProgram(commandList, argv, context, '0.0.0')
  return { code, out: context.stdout.text, err: context.stderr.text }
}

function expectSane(status: SourceStatus, clock: JumpingClock): void {
  expect(status.verdict).toMatch(/^(flowing|idle)$/u)
  expect(status.heartbeat.source.broken).toBeNull()
  expect(status.heartbeat.source.roundTripMs).toBeGreaterThanOrEqual(0)
  expect(status.heartbeat.source.roundTripMs).toBeLessThan(NEAR_MS)
  for (const at of [status.heartbeat.connector.at, status.lastChangeAt, status.offset?.storedAt])
    expect(Math.abs(Date.parse(at ?? '') - clock.nowMs())).toBeLessThan(NEAR_MS)
}

async function expectOrder(store: Store, { compare, parse }: PositionCodec): Promise<void> {
  const moves = (await store.journal.history.ledger('shop', 10_000)).toReversed()
  for (const { from, to } of moves) {
    if (from === null || to === null) continue
    expect(compare(parse(to), parse(from))).toBe('after')
  }
  for (const { writtenAtMs, seenAtMs, storedAtMs, acknowledgedAtMs } of await store.journal.history.pulses('shop', 0)) {
    const hops = [writtenAtMs, seenAtMs, storedAtMs, acknowledgedAtMs].filter((atMs) => atMs !== null)
    for (const [i, atMs] of hops.slice(1).entries()) expect(atMs - (hops[i] ?? 0)).toBeLessThan(NEAR_MS)
  }
}

/** The wall clock of our process jumps. */
export function clockFaults(stage: FaultStage): void {
  describe.skipIf(stage.missing !== null)(`a wall clock that goes back an hour, ${stage.name}`, () => {
    test('promise 4: offsets, verdict, durations and retention take no notice, before and after a restart', async (context) => {
      await using audited = await stage.open()
      audited.configure({})
      const clock = new JumpingClock()
      await using store = await openStore(audited.storePath, {
        clock,
        retain: { ageMs: HOUR_MS / 2, messages: null },
        sources: ['shop'],
      })
      {
        await using connector = new RunningConnector(audited.source, store, clock)
        await connector.untilFirstOffset()
        await writeSome(audited, 1)
        clock.jump(-HOUR_MS)
        await writeSome(audited, 2)
        expectSane(await nextStatus(store, clock), clock)
        const seen = await offbeat(audited, clock, 'status')
        expect(seen).toMatchObject({ code: 0, err: '' })
        expect(seen.out).not.toContain('not running')
        const history = await offbeat(audited, clock, 'history', 'shop')
        expect(history.code).toBe(0)
        expect(history.out).toMatch(/\d ms/u)
        expect(history.out).not.toMatch(/ -\d/u)
        await store.tidy()
        await expectAllDelivered(audited)
      }
      clock.jump(-HOUR_MS)
      await using _connector = new RunningConnector(audited.source, store, clock)
      await writeSome(audited, 3)
      expectSane(await nextStatus(store, clock), clock)
      await store.tidy()
      await expectAllDelivered(audited)
      await expectOrder(store, audited.source.definition.positions)
      const verdicts = await store.journal.history.verdicts('shop', 0)
      expect(verdicts.map(({ to }) => to).filter((to) => to === 'lost' || to === 'at risk')).toEqual([])
      // A busy machine can be late by seconds, which is `blind` or `stale` for a while; a clock that is believed is wrong by an hour.
      const believed = verdicts.filter(({ to, why }) => to !== 'stopped' && /\d\s?(?:min|h)\b/u.test(why))
      expect(believed).toEqual([])
      proven(context, {
        fault: 'the system clock goes back an hour',
        verdict: 'flowing or idle',
        result: 'offsets, verdict, history and retention are not affected',
      })
    })
  })
}
