import { describe, expect, test } from 'vitest'
import type { Oplog } from './oplog.ts'
import { OplogWindow, oplogLimits } from './oplog-window.ts'

const HOUR_MS = 3_600_000

function oplog(fromMs: number, toMs: number, fill: number | null): Oplog {
  const entry = (wallMs: number) => ({ time: { seconds: Math.floor(wallMs / 1000), increment: 1 }, wallMs })
  return { first: entry(fromMs), last: entry(toMs), size: null, fill }
}

describe('the time for which the oplog keeps an offset', () => {
  const limitOf = (about: Partial<Parameters<typeof oplogLimits>[0]>) => {
    const [limit] = oplogLimits({
      oplog: oplog(0, 10 * HOUR_MS, 1),
      offsetMs: 9 * HOUR_MS,
      minimumMs: 0,
      speed: null,
      ...about,
    })
    return limit
  }

  test('is, where it is full, until its oldest entry is the one of the offset', () => {
    expect(limitOf({})).toMatchObject({ name: 'oplogSizeMB', keeps: 10 * HOUR_MS, used: HOUR_MS, certain: false })
  })

  test('is shorter where entries are removed faster than they were written', () => {
    expect(limitOf({ speed: 9 })).toMatchObject({ keeps: 2 * HOUR_MS, used: HOUR_MS })
    expect(limitOf({ speed: 0.1 })).toMatchObject({ keeps: 10 * HOUR_MS })
  })

  test('is longer while it is not full, and not known before it has an hour', () => {
    expect(limitOf({ oplog: oplog(0, 10 * HOUR_MS, 0.5) })).toMatchObject({ keeps: 20 * HOUR_MS })
    expect(limitOf({ oplog: oplog(0, HOUR_MS - 1, 0.5), offsetMs: 0 })).toMatchObject({ keeps: null })
    expect(limitOf({ oplog: oplog(0, 10_000, 1), offsetMs: 10_000 })).toMatchObject({ keeps: 10_000 })
    expect(limitOf({ oplog: oplog(0, 10 * HOUR_MS, null) })).toMatchObject({ keeps: null })
  })

  test('is reported as unknown, with what would make it known', () => {
    const because = (about: Parameters<typeof limitOf>[0]) => limitOf(about)?.because.join('; ')
    const known = 'is known when it is full or has an hour of writes, or by a minimum retention'
    expect(because({ oplog: oplog(0, HOUR_MS - 1, 0.5), offsetMs: 0 })).toContain(known)
    expect(because({ oplog: oplog(0, 10 * HOUR_MS, null) })).toContain('is known only by a minimum retention')
    expect(because({})).not.toContain('is known')
  })

  test('is what a minimum retention promises, where that is longer', () => {
    const promised = { name: 'storage.oplogMinRetentionHours', keeps: 48 * HOUR_MS, certain: true }
    expect(limitOf({ minimumMs: 48 * HOUR_MS })).toMatchObject(promised)
    expect(limitOf({ minimumMs: 48 * HOUR_MS, oplog: oplog(0, 10 * HOUR_MS, null) })).toMatchObject(promised)
    expect(limitOf({ minimumMs: HOUR_MS })).toMatchObject({ name: 'oplogSizeMB', keeps: 10 * HOUR_MS })
  })

  test('is gone where the oplog begins after the offset', () => {
    expect(limitOf({ oplog: oplog(5 * HOUR_MS, 10 * HOUR_MS, 1), offsetMs: HOUR_MS })).toMatchObject({
      keeps: 9 * HOUR_MS,
      used: 9 * HOUR_MS,
    })
  })
})

describe('the speed', () => {
  const MINUTE_MS = 60_000
  const at = (nowMs: number, member = 'a:27017') => ({ member, nowMs })

  test('of the removal is measured over a minute or more', () => {
    const window = new OplogWindow()
    expect(window.speed(oplog(0, 1, 1), at(0))).toBeNull()
    expect(window.speed(oplog(30_000, 1, 1), at(30_000))).toBeNull()
    expect(window.speed(oplog(180_000, 1, 1), at(60_000))).toBeNull()
    expect(window.speed(oplog(330_000, 1, 1), at(90_000))).toBe(5)
    // A new oplog, which begins earlier.
    expect(window.speed(oplog(-10_000, 1, 1), at(120_000))).toBeNull()
  })

  test('of the removal is that of the writes, though the server removes hours at once', () => {
    const window = new OplogWindow()
    const pieceMs = 100 * MINUTE_MS
    const speeds: (number | null)[] = []
    // The pieces of a week, from the middle of one on. A look each minute.
    for (let minute = 0; minute < 400; minute++) {
      const removed = Math.floor((minute * MINUTE_MS + pieceMs / 2) / pieceMs)
      speeds.push(window.speed(oplog(removed * pieceMs, 10_080 * MINUTE_MS, 1), at(minute * MINUTE_MS)))
    }
    expect(new Set(speeds)).toEqual(new Set([null, 1]))
    expect(speeds.slice(0, 150)).not.toContain(1)
    expect(speeds.slice(150)).not.toContain(null)
  })

  test('of the removal falls when nothing is removed any more', () => {
    const window = new OplogWindow()
    for (const minute of [0, 1, 2, 3]) window.speed(oplog(minute * 10 * MINUTE_MS, 1, 1), at(minute * MINUTE_MS))
    expect(window.speed(oplog(30 * MINUTE_MS, 1, 1), at(4 * MINUTE_MS))).toBe(10)
    expect(window.speed(oplog(30 * MINUTE_MS, 1, 1), at(103 * MINUTE_MS))).toBe(0.1)
  })

  test('does not take the oplog of another member for one of which hours were removed', () => {
    const window = new OplogWindow()
    for (const minute of [0, 1, 2]) window.speed(oplog(minute * MINUTE_MS, 1, 1), at(minute * MINUTE_MS))
    expect(window.speed(oplog(3 * MINUTE_MS, 1, 1), at(3 * MINUTE_MS))).toBe(1)
    expect(window.speed(oplog(300 * MINUTE_MS, 1, 1), at(4 * MINUTE_MS, 'b:27017'))).toBeNull()
    expect(window.speed(oplog(301 * MINUTE_MS, 1, 1), at(5 * MINUTE_MS, 'b:27017'))).toBeNull()
    expect(window.speed(oplog(302 * MINUTE_MS, 1, 1), at(6 * MINUTE_MS, 'b:27017'))).toBe(1)
  })

  test('of the writes shows in the bytes of an oplog that is not full', () => {
    const window = new OplogWindow()
    const most = 1_000_000
    const look = (bytes: number, atMs: number) =>
      window.speed({ ...oplog(0, 10 * HOUR_MS, bytes / most), size: { bytes, most } }, at(atMs))
    expect(look(400_000, 0)).toBeNull()
    // A tenth of what ten hours wrote, in six minutes.
    expect(look(440_000, 6 * MINUTE_MS)).toBeCloseTo((40_000 / 6 / 440_000) * 600)
    expect(look(440_000, 22 * MINUTE_MS)).toBeNull()
  })
})

test('an oplog that is not full is full sooner where more is written than before', () => {
  const full = oplogLimits({ oplog: oplog(0, 10 * HOUR_MS, 0.5), offsetMs: 10 * HOUR_MS, minimumMs: 0, speed: 10 })
  expect(full).toMatchObject([{ keeps: 2 * HOUR_MS }])
  expect(full[0]?.because).toContain('entries are written 10.0 times as fast as those that are there')
})
