import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../test/support/seeded-random.ts'
import { ReadPace } from './read-pace.ts'

interface Link {
  /** What the server would write if nobody held it up. */
  readonly bytesPerMs: number
  /** What the buffers between hold. */
  readonly bufferBytes: number
}

/** Our own work on what was read. */
const TAKEN_BYTES_PER_MS = 500_000
const RUN_MS = 5_000

/** Reads for some seconds with pauses by `pause`; the server writes at a rate that wavers by a fifth. */
function read(link: Link, pause: (bytes: number, nowMs: number) => number, fromMs = 0) {
  const random = seededRandom(1)
  let nowMs = fromMs
  let bytes = 0
  let reads = 0
  let pauseMs = 2
  while (nowMs < fromMs + RUN_MS) {
    const written = link.bytesPerMs * pauseMs * (0.8 + 0.4 * random())
    const got = Math.min(written, link.bufferBytes)
    nowMs += pauseMs + got / TAKEN_BYTES_PER_MS
    bytes += got
    reads += 1
    pauseMs = pause(got, nowMs)
  }
  return { bytesPerMs: bytes / (nowMs - fromMs), meanPauseMs: RUN_MS / reads, lastPauseMs: pauseMs, nowMs }
}

function paced(link: Link) {
  const pace = new ReadPace(0)
  return read(link, (bytes, nowMs) => pace.next(bytes, nowMs))
}

const FAST: Link = { bytesPerMs: 60_000, bufferBytes: 8_000_000 }
const LINKS = [20_000, 60_000, 120_000].flatMap((bytesPerMs) =>
  [200_000, 400_000, 1_000_000, 8_000_000].map((bufferBytes) => ({ bytesPerMs, bufferBytes })),
)

describe('ReadPace', () => {
  test.each(LINKS)('a server of $bytesPerMs bytes/ms behind buffers of $bufferBytes bytes is not held up', (link) => {
    const shortest = read(link, () => 2)
    expect(paced(link).bytesPerMs).toBeGreaterThan(0.8 * shortest.bytesPerMs)
  })

  test('where the buffers hold it, a busy stream is read in few large pieces', () => {
    expect(paced(FAST).meanPauseMs).toBeGreaterThan(15)
  })

  test('a buffer that has grown is used: longer pauses are tried again', () => {
    const pace = new ReadPace(0)
    const next = (bytes: number, nowMs: number) => pace.next(bytes, nowMs)
    expect(read({ bytesPerMs: 60_000, bufferBytes: 200_000 }, next).meanPauseMs).toBeLessThan(5)
    expect(read(FAST, next, RUN_MS + 5).meanPauseMs).toBeGreaterThan(10)
  })

  test('a quiet stream is read after two milliseconds, also when it was busy', () => {
    const pace = new ReadPace(0)
    const { lastPauseMs, nowMs } = read(FAST, (bytes, now) => pace.next(bytes, now))
    expect(lastPauseMs).toBeGreaterThan(8)
    expect(pace.next(1_000, nowMs + 40)).toBe(2)
  })
})
