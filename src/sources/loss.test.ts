import { expect, test } from 'vitest'
import { TABLE_WORDS } from '../model/data-words.ts'
import { lossDocument } from '../model/loss.ts'
import { type LostOffset, lossOf, startAgain } from './loss.ts'

const STORED_MS = Date.UTC(2026, 10, 30, 3, 15, 31)
const LOG = { head: '9', atMs: STORED_MS, bytes: null, evidence: [] }

function about(by: 'commit' | 'operator', timeMs?: number) {
  const time = timeMs === undefined ? {} : { timeMs }
  const moved = { by, why: '', atMs: STORED_MS }
  const offset: LostOffset = { source: 'shop', position: '7/82AB', short: '7/..', moved, words: TABLE_WORDS, ...time }
  const loss = lossOf(offset, LOG, { choices: [startAgain(offset, {})] })
  return { loss, since: lossDocument(loss)['missing'], cost: loss.choices[0]?.cost }
}

test('what is lost since when: the time of the position, else of its move, and of an operator who set it none', () => {
  expect(about('commit').since).toMatchObject({ since: '2026-11-30T03:15:31.000Z', from: '7/82AB' })
  expect(about('operator', 0).since).toMatchObject({ since: '1970-01-01T00:00:00.000Z' })
  expect(about('operator', 0).loss.missing.words).toContain(
    'after 7/.. is not delivered: all since 1970-01-01T00:00:00Z,',
  )
  expect(about('operator').since).toMatchObject({
    since: null,
    words: 'What was committed after 7/.. is not delivered, up to the position where reading starts again.',
  })
  expect(about('commit').cost).toContain('after 7/.. (since 2026-11-30T03:15:31Z) until then')
  expect(about('operator').cost).toContain('after 7/.. until then')
})
