import { expect, test } from 'vitest'
import { MONGOSH, SQLCMD } from '../../../test/support/script-form.ts'
import { forPerson, query } from '../../model/fix.ts'
import { LogLines } from './log-line.ts'
import { styleFor } from './style.ts'

const lines = (timeZone = 'UTC') =>
  new LogLines(styleFor(false), timeZone, (source) => (source === 'log' ? MONGOSH : SQLCMD))

test('a line for people has time, level, source, words, and the other fields', () => {
  const json = '{"level":"info","time":"2026-01-02T03:04:05.678Z","source":"shop","position":"0/1","msg":"stopped"}'
  expect(lines().describe(json, 80)).toBe('03:04:05 UTC info  shop stopped position=0/1\n')
})

test('what was found and what to run stand under the line, whether of the line or of its error', () => {
  const faults = { found: 'a lock', fix: [query('db.stats()', 'anyone', { note: 'of the log' }), forPerson('wait')] }
  const line = { level: 'warn', time: '2026-01-02T03:04:05.678Z', source: 'log', ...faults, msg: 'the beat failed' }
  expect(lines().describe(JSON.stringify(line), 80)).toBe(
    '03:04:05 UTC warn  log the beat failed\n         found: a lock\n         mongosh: db.stats()  // of the log\n         do: wait\n',
  )
  const error = {
    level: 'error',
    time: line.time,
    source: 'log',
    msg: 'no',
    error: { code: 'DEFECT', message: 'broken', ...faults },
  }
  expect(lines().describe(JSON.stringify(error), 80)).toBe(
    '03:04:05 UTC error log no\n         broken\n         found: a lock\n         mongosh: db.stats()  // of the log\n         do: wait\n         code: DEFECT\n',
  )
})

test('a statement has the marks of the client of its source', () => {
  const fix = [query('SELECT 1', 'anyone', { at: 'shop', note: 'here' })]
  const line = { level: 'warn', time: '2026-01-02T03:04:05.678Z', source: 'shop', msg: 'no', fix }
  expect(lines().describe(JSON.stringify(line), 80)).toBe(
    '03:04:05 UTC warn  shop no\n         sqlcmd: -- in the database shop, by anyone\n                 SELECT 1  -- here\n                 GO\n',
  )
})

test('times are local, with their offset, and the first line of another day has its date', () => {
  const berlin = lines('Europe/Berlin')
  const shown = ['2026-01-01T22:59:58.000Z', '2026-01-01T23:00:01.000Z', '2026-01-01T23:00:02.000Z'].map((time) =>
    berlin.describe(JSON.stringify({ level: 'info', time, msg: 'a line' }), 80),
  )
  expect(shown).toEqual([
    '23:59:58 +01:00 info  a line\n',
    '2026-01-02 00:00:01 +01:00 info  a line\n',
    '00:00:02 +01:00 info  a line\n',
  ])
})
