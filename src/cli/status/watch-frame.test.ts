import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { statusOf } from '../../../test/support/http-board.ts'
import { MONGOSH } from '../../../test/support/script-form.ts'
import type { SourceReport } from '../../app/source-report.ts'
import { TABLE_WORDS } from '../../model/data-words.ts'
import { VERDICTS, type VerdictName } from '../../model/verdict.ts'
import { styleFor } from '../terminal/style.ts'
import { type FrameLayout, overviewFrame, sourceFrame } from './watch-frame.ts'

const NOW_MS = Date.UTC(2026, 0, 1, 12)

function report(name: string, verdict: VerdictName, why = 'a reason'): SourceReport {
  return {
    status: statusOf(name, { verdict, why }),
    shortPosition: null,
    by: 'connector',
    atMs: NOW_MS,
    owner: null,
    refusal: null,
    error: null,
  }
}

function layout(columns: number, rows: number): FrameLayout {
  return {
    columns,
    rows,
    nowMs: NOW_MS,
    timeZone: 'UTC',
    style: styleFor(true),
    termsOf: () => ({ script: MONGOSH, words: TABLE_WORDS }),
  }
}

const plain = (lines: readonly string[]) => lines.map((line) => stripVTControlCharacters(line))

test('a table comes first, one line a source, with a clock above and the reasons below, the worst first', () => {
  const reports = [report('shop', 'idle', 'no change'), report('stock', 'stopped', 'no process runs it')]
  expect(plain(overviewFrame(reports, layout(80, 24)))).toEqual([
    '12:00:00 UTC  2 sources: 1 stopped, 1 idle',
    'source  verdict  runway        behind   last change  offset stored',
    'shop    idle     about 60 min  7 bytes  never        12 h ago',
    'stock   stopped  about 60 min  7 bytes  never        12 h ago',
    '',
    'stock: no process runs it',
    'shop: no change',
    'One source: offbeat status NAME --watch. Ctrl-C ends.',
  ])
})

test('sources that do not fit are counted, and the worst ones are shown', () => {
  const verdicts: readonly VerdictName[] = [...Array<VerdictName>(27).fill('idle'), 'stopped', 'stopped', 'lost']
  const reports = verdicts.map((verdict, index) => report(`s${index}`, verdict))
  const lines = plain(overviewFrame(reports, layout(80, 24)))
  expect(lines).toHaveLength(24)
  expect(lines[0]).toBe('12:00:00 UTC  30 sources: 1 lost, 2 stopped, 27 idle')
  expect(lines.slice(2, 5).map((line) => line.split(' ')[0])).toEqual(['s29', 's27', 's28'])
  expect(lines.at(-2)).toBe('and 10 more: 10 idle')
})

test('a narrow terminal has fewer columns, and a long name is shortened', () => {
  const lines = plain(overviewFrame([report('a-very-long-name-of-a-source-indeed', 'at risk')], layout(40, 24)))
  expect(lines[1]).toMatch(/^source +verdict$/u)
  expect(lines[2]).toMatch(/^a-very-long-name-of\S*… {2}at risk/u)
})

test('one source has its facts, and what does not fit is counted', () => {
  const whole = plain(sourceFrame(report('shop', 'idle'), layout(80, 24)))
  expect(whole[0]).toBe('12:00:00 UTC  1 source: 1 idle')
  expect(whole[1]).toBe('shop  idle')
  const cut = plain(sourceFrame(report('shop', 'idle'), layout(80, 6)))
  expect(cut).toHaveLength(6)
  expect(cut[5]).toBe(`${whole.length - 5} more lines: offbeat status shop`)
})

test('whatever there is to show, it fits the terminal', () => {
  const anyReport = fc
    .tuple(fc.stringMatching(/^[a-z][a-z0-9_-]{0,60}$/), fc.constantFrom(...VERDICTS), fc.lorem({ maxCount: 60 }))
    .map(([name, verdict, why]) => report(name, verdict, why))
  fc.assert(
    fc.property(
      fc.array(anyReport, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 20, max: 200 }),
      fc.integer({ min: 1, max: 60 }),
      (reports, columns, rows) => {
        const lines = plain(overviewFrame(reports, layout(columns, rows)))
        expect(lines.length).toBeLessThanOrEqual(rows)
        // The reasons have words that are longer than a narrow terminal: the terminal cuts them.
        const table = lines.slice(
          0,
          Math.max(1, Math.min(lines.length, rows - 1, lines.indexOf('') < 0 ? rows : lines.indexOf(''))),
        )
        for (const line of table) expect(line.length).toBeLessThanOrEqual(Math.max(columns, 19))
        expect(plain(sourceFrame(reports[0] ?? report('x', 'idle'), layout(columns, rows))).length).toBeLessThanOrEqual(
          rows,
        )
      },
    ),
  )
})
