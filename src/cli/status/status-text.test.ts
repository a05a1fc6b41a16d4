import { expect, test } from 'vitest'
import { statusOf } from '../../../test/support/http-board.ts'
import { MONGOSH } from '../../../test/support/script-form.ts'
import { TABLE_WORDS } from '../../model/data-words.ts'
import { query } from '../../model/fix.ts'
import type { BlockerStatus } from '../../model/source-status.ts'
import { styleFor } from '../terminal/style.ts'
import { sourceLines } from './status-text.ts'

const NOW_MS = Date.UTC(2026, 0, 1, 12)
const BLOCKER: BlockerStatus = {
  kind: 'shard',
  name: 'shard01',
  since: new Date(NOW_MS - 90_000).toISOString(),
  holds: 'stream',
  heldBytes: null,
  heldAtMost: false,
  details: {},
  fix: [query('db.stats()', 'anyone')],
}

function lines(blocker: BlockerStatus): readonly string[] {
  const status = statusOf('shop', { blockers: [blocker] })
  const about = { shortPosition: '2026-01-01 no. 1', owner: null, refusal: null, error: null }
  const report = { ...about, status, by: 'command', atMs: NOW_MS } as const
  return sourceLines(report, {
    nowMs: NOW_MS,
    width: 120,
    style: styleFor(false),
    timeZone: 'UTC',
    termsOf: () => ({ script: MONGOSH, words: TABLE_WORDS }),
  })
}

test('the offset is shown as people read it', () => {
  expect(lines(BLOCKER).find((line) => line.includes('offset'))).toMatch(/offset +2026-01-01 no\. 1, stored/u)
})

test('what holds up the stream is distinguished from what retains the log', () => {
  expect(lines(BLOCKER)).toContain('  held up    by shard shard01, since 90 s')
  expect(lines(BLOCKER).join('\n')).toContain('db.stats()')
  expect(lines({ ...BLOCKER, holds: 'log', heldBytes: 1024 })).toContain(
    '  retained   by shard shard01, since 90 s: 1 kB of the log',
  )
})
