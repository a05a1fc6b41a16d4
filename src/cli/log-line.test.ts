import { expect, test } from 'vitest'
import { describeLogLine } from './log-line.ts'
import { styleFor } from './style.ts'

test('a line for people has time, level, source, words, and the other fields', () => {
  const json = '{"level":"info","time":"2026-01-02T03:04:05.678Z","source":"shop","position":"0/1","msg":"stopped"}'
  expect(describeLogLine(json, styleFor(false), 80)).toBe('03:04:05 info  shop stopped position=0/1\n')
})

test('what was found and what to run stand under the line, whether of the line or of its error', () => {
  const faults = { found: 'a lock', fix: ['SELECT 1', '# wait'] }
  const line = { level: 'warn', time: '2026-01-02T03:04:05.678Z', ...faults, msg: 'the beat failed' }
  expect(describeLogLine(JSON.stringify(line), styleFor(false), 80)).toBe(
    '03:04:05 warn  the beat failed\n         found: a lock\n         run: SELECT 1\n         do: wait\n',
  )
  const error = { level: 'error', time: line.time, msg: 'no', error: { code: 'DEFECT', message: 'broken', ...faults } }
  expect(describeLogLine(JSON.stringify(error), styleFor(false), 80)).toBe(
    '03:04:05 error no\n         broken\n         found: a lock\n         run: SELECT 1\n         do: wait\n         code: DEFECT\n',
  )
})
