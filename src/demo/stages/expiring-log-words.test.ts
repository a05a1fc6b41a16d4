import { describe, expect, test } from 'vitest'
import type { SideState, SideSummary } from '../side-state.ts'
import { expiringLogWords } from './expiring-log-words.ts'

const words = expiringLogWords({
  reader: { guarded: 'a', unguarded: 'b' },
  retentionMs: 12_000,
  removed: 'purged',
  rules: 'a rule',
})

const FRESH: SideState = {
  verdict: { name: 'idle', why: '' },
  runwaySeconds: 15,
  restart: null,
  heldBytes: 3 * 1024 ** 2,
  disk: { files: 1, bytes: 4 * 1024 ** 2 },
  position: 'binlog.000007:1048576',
  chart: [15, 15],
  positionAgeMs: 1000,
}

const PURGED: SideState = {
  ...FRESH,
  verdict: { name: 'lost', why: '' },
  runwaySeconds: 0,
  restart: 'refused',
  heldBytes: null,
  disk: { files: 0, bytes: 0 },
  position: 'binlog.000002:4096',
}

function rowsOf(side: SideState): Readonly<Record<string, string>> {
  return Object.fromEntries(words.rows(side).map(({ label, value }) => [label, value]))
}

describe('a reader of a log that the server purges', () => {
  test('whose file is there needs the log from it on', () => {
    expect(rowsOf(FRESH)).toEqual({
      'could be down for': '15 s',
      needs: '3 MB from binlog.000007',
      'offset moved': '1 s ago',
      restart: 'not yet',
    })
    expect(words.line(FRESH)).toBe('needs 3 MB from binlog.000007, could be down for 15 s')
  })

  test('whose file is past its age, and not purged yet, has no time left', () => {
    expect(rowsOf({ ...FRESH, runwaySeconds: 0 })['could be down for']).toBe('0 s')
  })

  test('whose file is purged is named with it, and has no time that could be shown', () => {
    expect(rowsOf(PURGED)).toMatchObject({
      'could be down for': '-',
      needs: 'binlog.000002, purged',
      restart: 'refused by the server',
    })
    expect(words.line(PURGED)).toBe('needs binlog.000002, purged, refused by the server')
  })

  test('is summed up by its verdict', () => {
    const summary: SideSummary = {
      heldBytesStart: 0,
      heldBytesEnd: 2048,
      verdict: 'idle',
      resumable: true,
      restart: null,
    }
    expect(words.summary(summary)).toBe('needs 2 kB of the log (0 bytes at the start)')
    expect(words.summary({ ...summary, heldBytesEnd: 0, verdict: 'lost' })).toBe(
      'needs a part of the log that was purged',
    )
  })
})
