import { describe, expect, test } from 'vitest'
import type { DemoState } from './demo-state.ts'
import { plainView } from './plain-view.ts'
import { type Canvas, screenLines } from './screen.ts'
import type { SideState } from './side-state.ts'
import { stageWords } from './stages/postgresql/stage-words.ts'

const PLAIN = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }

function same(text: string): string {
  return text
}

function canvas(columns: number): Canvas {
  return { columns, paint: PLAIN, unicode: true }
}

const GUARDED: SideState = {
  heldBytes: 4.2 * 1024 ** 2,
  chart: [1e6, 4e6, 2e6, 4.2 * 1024 ** 2],
  disk: { files: 2, bytes: 33_554_432 },
  position: '0/9A3E0B8',
  positionAgeMs: 300,
  runwaySeconds: 58,
  verdict: { name: 'idle', why: 'no change for 22 s; last pulse came back in 12 ms' },
  restart: null,
}

const UNGUARDED: SideState = {
  ...GUARDED,
  heldBytes: 71.3 * 1024 ** 2,
  chart: [1e6, 30e6, 71.3 * 1024 ** 2],
  position: '0/5000148',
  positionAgeMs: 22_000,
  runwaySeconds: 37,
  verdict: { name: 'at risk', why: 'max_slot_wal_keep_size is reached in 37 s, less than 42 s: '.repeat(4) },
}

const STATE: DemoState = {
  server: 'PostgreSQL 18.4',
  port: 30069,
  elapsedMs: 24_340,
  pace: {
    beatIntervalMs: 2000,
    settleIntervalMs: 2000,
    bytesPerSecond: 3_200_000,
    atRiskMs: 42_000,
    restart: null,
  },
  words: stageWords(201_326_592, 2000),
  busyBytesPerSecond: 3_100_000,
  head: '0/9A3F210',
  logOnDisk: 'pg_wal 96 MB in 6 files',
  restartElapsedMs: null,
  rows: { count: 1, lastAgeMs: 22_000 },
  guarded: GUARDED,
  unguarded: UNGUARDED,
  beats: [
    {
      number: 12,
      writtenElapsedMs: 24_100,
      pulse: {
        nonce: 'n',
        writtenAtMs: 1000,
        seenAtMs: 1009,
        deliveredAtMs: 1010,
        storedAtMs: 1013,
        acknowledgedAtMs: null,
        committedAtMs: null,
        failedCode: null,
      },
    },
  ],
  warning: null,
}

describe.each([20, 40, 66, 80, 100, 120, 300])('at %i columns', (columns) => {
  test('no line is wider than the terminal', () => {
    for (const line of screenLines(STATE, canvas(columns))) expect(line.length).toBeLessThan(Math.max(columns, 23))
  })

  test('the number of lines stays the same over states, so that each picture covers the one before', () => {
    const early = { ...STATE, beats: [], guarded: { ...GUARDED, verdict: null, runwaySeconds: null, chart: [] } }
    expect(screenLines(early, canvas(columns))).toHaveLength(screenLines(STATE, canvas(columns)).length)
    expect(screenLines(early, canvas(columns)).join('\n')).toContain('measuring ...')
  })
})

test('in 80 columns it fits a terminal of 24 lines, with both sides next to each other', () => {
  const lines = screenLines(STATE, canvas(80))
  expect(lines.length).toBeLessThan(24)
  expect(lines.find((line) => line.includes('retained by the slot'))).toMatch(
    /4\.2 MB +retained by the slot +71\.3 MB$/,
  )
  expect(lines.find((line) => line.includes('verdict'))).toMatch(/idle +verdict +at risk$/)
  expect(lines.find((line) => line.includes('  12 '))).toMatch(/0:24\.1 +\+9 ms +\+10 ms +\+13 ms +-$/)
})

test('in a narrow terminal the sides stand below each other', () => {
  const lines = screenLines(STATE, canvas(50))
  expect(lines.findIndex((line) => line.includes('UNGUARDED'))).toBeGreaterThan(
    lines.findIndex((line) => /idle/.test(line)),
  )
})

test('a slot whose log was taken away says so', () => {
  const lost: SideState = { ...UNGUARDED, heldBytes: 0, verdict: { name: 'lost', why: 'gone' } }
  expect(screenLines({ ...STATE, unguarded: lost }, canvas(80)).join('\n')).toContain('removed')
})

test('a warning is in the last line', () => {
  expect(screenLines({ ...STATE, warning: 'the beat failed' }, canvas(80)).at(-1)).toBe(' the beat failed')
})

test('the times of plain lines do not go back: a heartbeat has the time at which its line is printed', () => {
  const lines: string[] = []
  const view = plainView({ columns: 80, rows: null, write: (text) => lines.push(text) })
  const [beat] = STATE.beats
  view.show({ ...STATE, elapsedMs: 34_800 })
  if (beat !== undefined) view.beat({ ...beat, writtenElapsedMs: 32_700 })
  expect(lines.map((line) => line.split('  ')[0])).toEqual(['0:34.8', '0:34.8'])
  expect(lines[1]).toContain(' written at 0:32.7, ')
})
