import { expect, test } from 'vitest'
import { barLine } from './chart.ts'
import { labelled, textTable, wrapText } from './text-layout.ts'

test('text is broken at blanks, and a word that is too long keeps its line', () => {
  expect(wrapText('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrapText('a statement-that-cannot-be-broken b', 10)).toEqual(['a', 'statement-that-cannot-be-broken', 'b'])
  expect(wrapText('kept\nlines', 80)).toEqual(['kept', 'lines'])
})

test('further lines of a labelled text stand under the first', () => {
  expect(labelled('  found: ', 'aaaa bbbb cccc dddd eeee', 29)).toBe('  found: aaaa bbbb cccc dddd\n         eeee')
})

test('columns are as wide as their widest cell', () => {
  expect(
    textTable(
      ['name', 'n'],
      [
        ['a', '1000'],
        ['longer', '2'],
      ],
    ),
  ).toEqual(['name    n', 'a       1000', 'longer  2'])
})

test('columns and line ends are where a terminal has them, in scripts whose characters take two columns too', () => {
  expect(
    textTable(
      ['name', 'n'],
      [
        ['注文', '1'],
        ['ab', '2'],
      ],
    ),
  ).toEqual(['name  n', '注文  1', 'ab    2'])
  expect(wrapText('注文 注文 注文', 9)).toEqual(['注文 注文', '注文'])
})

test('a line of bars shows the largest of each stretch, and a gap where nothing is known', () => {
  const points = [
    { atMs: 0, value: 0 },
    { atMs: 1, value: 7 },
    { atMs: 30, value: 14 },
  ]
  expect(barLine(points, 0, 40, 4)).toBe('▄  █')
  expect(barLine([{ atMs: 5, value: 0 }], 0, 10, 2)).toBe(' ▁')
})
