import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { logState } from '../../test/support/log-state.ts'
import type { Sample } from '../journal/journal.ts'
import { inDatabase } from '../model/fix.ts'
import type { Limit } from '../model/log-state.ts'
import { runwayOf } from './runway.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const GB = 1_000_000_000
const RUN = { system: '1', run: '1 since the beginning' }
const TEN_MINUTES = 'no worst hour is known: the log was watched for 10 min only'

function sample(agoMs: number, writtenBytes: bigint | null): Sample {
  return { atMs: NOW_MS - agoMs, server: RUN, headPosition: '0', writtenBytes, heldBytes: null, lagBytes: null }
}

/** A log that grew by a megabyte a second for ten minutes. */
const GROWING = [sample(0, 600_000_000n), sample(300_000, 300_000_000n), sample(600_000, 0n)]

function limit(different: Partial<Limit> = {}): Limit {
  return {
    name: 'max_slot_wal_keep_size',
    unit: 'bytes',
    keeps: 10 * GB,
    used: 4 * GB,
    certain: true,
    ends: 'offset lost',
    because: [],
    ...different,
  }
}

describe('the runway', () => {
  test('is unknown before the first inspection', () => {
    expect(runwayOf(null, [])).toEqual({
      seconds: null,
      kind: 'unknown',
      because: ['the database has not been inspected yet'],
      clocks: [],
    })
  })

  test('has no bound where the database sets none, and says what bounds it', () => {
    const runway = runwayOf(logState(), GROWING)
    expect(runway).toMatchObject({ seconds: null, kind: 'unbounded', clocks: [] })
    expect(runway.because).toEqual([
      'the database sets no limit, only the disk does',
      'the server wrote 3.4 GB an hour to its log, over the last 10 min',
      TEN_MINUTES,
    ])
  })

  test('a limit that the setting leaves open is a clock without bound', () => {
    const runway = runwayOf(logState({ limits: [limit({ keeps: Number.POSITIVE_INFINITY })] }), GROWING)
    expect(runway.kind).toBe('unbounded')
    expect(runway.clocks[0]).toMatchObject({ name: 'max_slot_wal_keep_size', seconds: null, kind: 'unbounded' })
    expect(runway.because[0]).toBe('max_slot_wal_keep_size: the database sets no limit, only the disk does')
  })

  test('bytes: what is left over the rate at which the server writes, with the figures', () => {
    const runway = runwayOf(logState({ limits: [limit()] }), GROWING)
    expect(runway).toMatchObject({ seconds: 6000, kind: 'estimate' })
    expect(runway.because).toEqual([
      'max_slot_wal_keep_size keeps 9.3 GB, of which 3.7 GB are used',
      'the server wrote 3.4 GB an hour to its log, over the last 10 min',
      TEN_MINUTES,
    ])
  })

  test('bytes: ten years by estimate where nothing is written', () => {
    const runway = runwayOf(logState({ limits: [limit()] }), [sample(0, 5n), sample(60_000, 5n)])
    expect(runway).toMatchObject({ seconds: 315_360_000, kind: 'estimate' })
    expect(runway.because[1]).toBe('nothing was written to the log in the last 60 s')
  })

  test.each([
    ['one sample', [sample(0, 5n)], 'the server has been watched for 0 s of its present run, and it takes 60 s'],
    ['no figures', [sample(0, null), sample(1, null)], 'no inspection has measured how much was written'],
    [
      'two samples close together',
      [sample(0, 9n), sample(59_000, 5n)],
      'the server has been watched for 59 s of its present run, and it takes 60 s',
    ],
  ])('bytes: unknown with %s', (_, samples, why) => {
    const runway = runwayOf(logState({ limits: [limit()] }), samples)
    expect(runway).toMatchObject({ seconds: null, kind: 'unknown' })
    expect(runway.because[1]).toBe(`how fast the log grows is not known yet: ${why}`)
  })

  test('time: unknown without the growth in bytes, which would not make it known', () => {
    const because = ['the oplog has the last 5 min']
    const runway = runwayOf(logState({ limits: [limit({ unit: 'ms', keeps: null, because })] }), [sample(0, null)])
    expect(runway).toMatchObject({ seconds: null, kind: 'unknown', because })
  })

  test('bytes: only a figure that is certain is "at least", after a day of watching', () => {
    const day = Array.from({ length: 25 }, (_, hour) => sample(hour * 3_600_000, BigInt(25 - hour) * 1_000_000n))
    const kindOf = (certain: boolean) => runwayOf(logState({ limits: [limit({ certain })] }), day).kind
    expect([kindOf(true), kindOf(false)]).toEqual(['at least', 'estimate'])
  })

  test('bytes: nothing left is no time left, whatever the rate', () => {
    expect(runwayOf(logState({ limits: [limit({ used: 11 * GB })] }), [])).toMatchObject({
      seconds: 0,
      kind: 'estimate',
    })
  })

  test('time: what is left of it, at least, since a server purges no earlier', () => {
    const limits = [limit({ name: 'idle_replication_slot_timeout', unit: 'ms', keeps: 7_200_000, used: 600_000 })]
    expect(runwayOf(logState({ limits }), [])).toMatchObject({
      seconds: 6600,
      kind: 'at least',
      because: ['idle_replication_slot_timeout keeps 2 h, of which 10 min are used'],
    })
  })

  test('the shortest clock is the runway, and one that is not known is mentioned', () => {
    const limits = [
      limit(),
      limit({ name: 'a timeout', unit: 'ms', keeps: 3_600_000, used: 0, certain: false }),
      limit({ name: 'open', keeps: Number.POSITIVE_INFINITY }),
    ]
    expect(runwayOf(logState({ limits }), GROWING)).toMatchObject({ seconds: 3600, kind: 'estimate' })
    const blind = runwayOf(logState({ limits }), [])
    expect(blind.because).toContain('max_slot_wal_keep_size is not known, and may be shorter')
    expect(blind.because).toContain('the figure for a timeout is an estimate')
  })

  test('what we may not see is said with its grant', () => {
    const unseen = [{ what: 'the oldest segment on disk', fix: inDatabase('GRANT pg_monitor TO u', 'a superuser') }]
    expect(runwayOf(logState({ unseen }), []).because.at(-1)).toBe(
      "not visible to this user: the oldest segment on disk (in the database's client: GRANT pg_monitor TO u)",
    )
  })

  test('an offset that cannot be opened has no time left', () => {
    const resume = {
      can: 'no',
      code: 'POSTGRES_SLOT_MISSING',
      message: 'it is lost',
      found: null,
      expected: null,
      details: {},
      choices: [],
      stop: false,
    } as const
    expect(runwayOf(logState({ resume }), [])).toMatchObject({
      seconds: 0,
      because: ['the offset cannot be opened: POSTGRES_SLOT_MISSING'],
    })
  })

  test('a refusal that settings fix takes no time away', () => {
    const resume = {
      can: 'no',
      code: 'POSTGRES_PUBLICATION_MISSING',
      message: 'it is lost',
      found: null,
      expected: null,
      details: {},
      choices: [],
      stop: false,
    } as const
    expect(runwayOf(logState({ resume, limits: [limit()] }), GROWING).seconds).toBe(6000)
  })

  test('a disk of unknown size bounds nothing that we know, and is said', () => {
    const because = ['its size is not known to us']
    const disk = limit({ name: 'disk', keeps: null, ends: 'disk full', because })
    const open = limit({ keeps: Number.POSITIVE_INFINITY, because: ['it is -1'] })
    const runway = runwayOf(logState({ limits: [open, disk] }), GROWING)
    expect(runway).toMatchObject({ seconds: null, kind: 'unbounded' })
    expect(runway.because.slice(0, 2)).toEqual(['it is -1', expect.stringContaining('3.4 GB an hour')])
    expect(runway.because).toContain('its size is not known to us')
    expect(runway.clocks.map(({ name, kind }) => [name, kind])).toEqual([
      ['max_slot_wal_keep_size', 'unbounded'],
      ['disk', 'unknown'],
    ])
  })

  test('who holds the log is named, with the most that was written since', () => {
    const blocker = {
      kind: 'transaction',
      name: 'process 7',
      sinceMs: NOW_MS - 290_000,
      holds: 'log' as const,
      heldBytes: null,
      details: { user: 'app' },
      fix: [],
    }
    const state = logState({ writtenBytes: 600_000_000n, run: RUN, blockers: [blocker], limits: [limit()] })
    expect(runwayOf(state, GROWING).because).toContain(
      'transaction process 7 of app retains at most 286 MB of the log since 5 min',
    )
    const stream = logState({ run: RUN, blockers: [{ ...blocker, holds: 'stream' }], limits: [limit()] })
    expect(runwayOf(stream, GROWING).because).toContain('transaction process 7 holds up the stream since 5 min')
  })
})

test('whatever the samples, no clock is negative or not a number, and every one has its reason', () => {
  const figure = fc.oneof(fc.nat(), fc.double({ min: 0, noNaN: true }))
  const anyLimit = fc.record({
    name: fc.string(),
    unit: fc.constantFrom('bytes' as const, 'ms' as const),
    keeps: figure,
    used: figure,
    certain: fc.boolean(),
    ends: fc.constantFrom('offset lost' as const, 'disk full' as const),
    because: fc.constant([]),
  })
  const anySample = fc.record({ agoMs: fc.integer(), bytes: fc.option(fc.bigInt({ min: 0n })) })
  fc.assert(
    fc.property(fc.array(anyLimit), fc.array(anySample), (limits, drawn) => {
      const samples = drawn.map(({ agoMs, bytes }) => sample(agoMs, bytes))
      const runway = runwayOf(logState({ limits }), samples)
      for (const { seconds, kind, because } of [runway, ...runway.clocks]) {
        expect(seconds === null || (seconds >= 0 && Number.isFinite(seconds))).toBe(true)
        expect(seconds === null).toBe(kind === 'unbounded' || kind === 'unknown')
        expect(because.length).toBeGreaterThan(0)
      }
      const least = Math.min(...runway.clocks.flatMap(({ seconds }) => (seconds === null ? [] : [seconds])))
      if (Number.isFinite(least)) expect(runway.seconds).toBe(least)
      expect(runwayOf(logState({ limits }), samples)).toEqual(runway)
    }),
  )
})
