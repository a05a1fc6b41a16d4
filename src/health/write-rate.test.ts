import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Sample } from '../journal/journal.ts'
import { writeRate } from './write-rate.ts'

const NOW_MS = Date.UTC(2026, 0, 2)
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const FIRST = { system: 's', run: 'first' }
const SECOND = { system: 's', run: 'second' }

/** Inspections every ten minutes over the last `hours` hours, newest first. `rate` returns bytes a minute for a number of hours ago. */
function samplesOf(
  hours: number,
  rate: (hoursAgo: number) => number,
  server: Sample['server'] = FIRST,
  from = 0,
): Sample[] {
  const samples: Sample[] = []
  let written = from
  for (let ago = hours * 6; ago >= 0; ago--) {
    samples.unshift(sample(ago * 10 * MINUTE_MS, written, server))
    written += 10 * rate((ago - 1) / 6)
  }
  return samples
}

function sample(agoMs: number, written: number, server: Sample['server'] = FIRST): Sample {
  return {
    atMs: NOW_MS - agoMs,
    server,
    headPosition: '0',
    writtenBytes: BigInt(written),
    heldBytes: null,
    lagBytes: null,
  }
}

const perMinute = (rate: { readonly bytesPerMs: number } | null) =>
  rate === null ? null : Math.round(rate.bytesPerMs * MINUTE_MS)

function figures(samples: readonly Sample[]) {
  const rate = writeRate(samples)
  if (rate.bytesPerMs === null) return null
  return {
    rate: perMinute({ bytesPerMs: rate.bytesPerMs }),
    recent: perMinute(rate.recent),
    worst: perMinute(rate.worstHour),
  }
}

describe('the rate of writing', () => {
  test('is the worst hour where the present is quiet, and both are reported', () => {
    const nightly = samplesOf(24, (ago) => (ago > 10 && ago < 12 ? 5000 : 100))
    expect(figures(nightly)).toEqual({ rate: 5000, recent: 100, worst: 5000 })
    const rate = writeRate(nightly)
    expect(rate.watchedMs).toBe(24 * HOUR_MS)
    if (rate.bytesPerMs !== null) expect(NOW_MS - (rate.worstHour?.fromMs ?? 0)).toBeGreaterThan(10 * HOUR_MS)
  })

  test('is the recent one where that is worse: a load that has just begun', () => {
    const begun = samplesOf(5, () => 100)
    const last = Number(begun[0]?.writtenBytes)
    const now = [
      sample(0, last + 9 * 10_000),
      ...begun.map((sample) => ({ ...sample, atMs: sample.atMs - 9 * MINUTE_MS })),
    ]
    expect(figures(now)?.recent).toBe(10_000)
    expect(figures(now)?.rate).toBe(10_000)
  })

  test('has no worst hour before an hour was watched at a stretch', () => {
    expect(figures(samplesOf(0.5, () => 7))).toEqual({ rate: 7, recent: 7, worst: null })
  })

  test('older than a day counts no more', () => {
    expect(figures(samplesOf(30, (ago) => (ago > 26 ? 9000 : 10)))).toEqual({ rate: 10, recent: 10, worst: 10 })
  })

  test('after a long pause is that of the time before it, and of the pause as a whole', () => {
    const before = samplesOf(30, (ago) => (ago > 5 && ago < 7 ? 900 : 100))
    const last = Number(before[0]?.writtenBytes)
    const pause = 60 * HOUR_MS
    const after = sample(0, last + 60 * 60 * 50)
    const samples = [after, ...before.map((sample) => ({ ...sample, atMs: sample.atMs - pause }))]
    expect(figures(samples)).toEqual({ rate: 900, recent: 50, worst: 900 })
  })

  test('never spans a restart, and remembers the load from before it', () => {
    const before = samplesOf(3, () => 600).map((sample) => ({ ...sample, atMs: sample.atMs - HOUR_MS }))
    // The server was down for half an hour, and the first inspection after that shows a jump.
    const after = samplesOf(0.5, () => 10, SECOND, 900_000_000)
    expect(figures([...after, ...before])).toEqual({ rate: 600, recent: 10, worst: 600 })
  })

  test('a failover to a server whose log is elsewhere gives no absurd rate, in either direction', () => {
    const before = samplesOf(3, () => 600).map((sample) => ({ ...sample, atMs: sample.atMs - MINUTE_MS }))
    for (const from of [5_000_000_000_000, 0]) {
      const promoted = [sample(0, from + 20, SECOND), sample(30_000, from, SECOND)]
      expect(figures([...promoted, ...before])).toEqual({ rate: 600, recent: null, worst: 600 })
      expect(writeRate(promoted)).toMatchObject({ bytesPerMs: null })
      const later = [
        sample(0, from + 1200, SECOND),
        ...promoted.map((one) => ({ ...one, atMs: one.atMs - 2 * MINUTE_MS })),
      ]
      expect(figures([...later, ...before.map((one) => ({ ...one, atMs: one.atMs - 2 * MINUTE_MS }))])?.rate).toBe(600)
    }
  })

  test('another system teaches nothing', () => {
    const staging = samplesOf(3, () => 999_999, { system: 'staging', run: 'x' })
    const old = samplesOf(3, () => 999_999, null)
    for (const other of [staging, old]) {
      const before = other.map((sample) => ({ ...sample, atMs: sample.atMs - HOUR_MS }))
      expect(figures([...samplesOf(0.5, () => 10), ...before])).toEqual({ rate: 10, recent: 10, worst: null })
    }
  })

  test('a clock that was put back, or a log that begins again, cuts', () => {
    const behind = samplesOf(2, () => 10)
    const ahead = samplesOf(2, () => 20).map((sample) => ({ ...sample, atMs: sample.atMs + 3 * HOUR_MS }))
    expect(figures([...behind, ...ahead])).toEqual({ rate: 20, recent: 10, worst: 20 })
    const again = samplesOf(0.5, () => 10)
    const old = samplesOf(1, () => 20, FIRST, 1e12).map((sample) => ({ ...sample, atMs: sample.atMs - HOUR_MS }))
    expect(figures([...again, ...old])).toEqual({ rate: 20, recent: 10, worst: 20 })
  })
})

test('whatever the samples, a rate is finite and not negative, and no less than its recent part', () => {
  const anySample = fc.record({
    agoMs: fc.integer({ min: -1e8, max: 2e8 }),
    written: fc.option(fc.nat()),
    server: fc.constantFrom(FIRST, SECOND, { system: 't', run: 't' }, null),
  })
  fc.assert(
    fc.property(fc.array(anySample), (all) => {
      const rate = writeRate(
        all.map(({ agoMs, written, server }) => ({
          ...sample(agoMs, written ?? 0, server),
          ...(written === null ? { writtenBytes: null } : {}),
        })),
      )
      if (rate.bytesPerMs === null) return
      expect(rate.bytesPerMs).toBeGreaterThanOrEqual(rate.recent?.bytesPerMs ?? 0)
      expect(Number.isFinite(rate.bytesPerMs)).toBe(true)
    }),
  )
})
