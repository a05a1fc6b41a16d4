import { expect, test } from 'vitest'
import { endedStatement, fixEntry, fixScript, runsOfScript } from './fix.ts'

test.each([
  ['SELECT pg_reload_conf()', 'SELECT pg_reload_conf();'],
  ['SELECT pg_promote()  -- on the standby', 'SELECT pg_promote();  -- on the standby'],
  ['SELECT 1;', 'SELECT 1;'],
  ["ALTER SYSTEM SET a = '1';  -- or more", "ALTER SYSTEM SET a = '1';  -- or more"],
  ['GRANT a;\nGRANT b  -- here', 'GRANT a;\nGRANT b;  -- here'],
  ['CREATE TABLE t (  -- one\n  id int\n)', 'CREATE TABLE t (  -- one\n  id int\n);'],
])('%j is pasted as %j', (run, pasted) => {
  expect(endedStatement(run)).toBe(pasted)
})

test.each([
  ['GRANT a TO b', 'statement', 'GRANT a TO b'],
  ['BEGIN; SELECT 1; COMMIT', 'statement', 'BEGIN; SELECT 1; COMMIT'],
  ['offbeat run', 'command', 'offbeat run'],
  ['psql "host=a"', 'command', 'psql "host=a"'],
  ['# Set it', 'words', 'Set it'],
  ['# or: on Amazon RDS', 'alternative', 'on Amazon RDS'],
  ['-- on the standby', 'where', 'on the standby'],
])('%j is of the kind %s', (run, kind, text) => {
  expect(fixEntry(run)).toEqual({ kind, text })
})

test('a script is SQL as it stands, and has the same entries again', () => {
  const runs = [
    '-- on the primary',
    'GRANT a TO b',
    'CREATE TABLE t (\n  id int\n)',
    '# restart it',
    '# or: this',
    'SELECT 1',
  ]
  const script = fixScript(runs)
  expect(script.split('\n').filter((line) => line.startsWith('#'))).toEqual([])
  expect(runsOfScript(script)).toEqual(runs.map((run) => (/^[A-Z]/.test(run) ? `${run};` : run)))
})

test('a sentence is words, and a command stays one', () => {
  expect(runsOfScript('Look at its log.')).toEqual(['# Look at its log.'])
  expect(runsOfScript('A proxy may stand between.')).toEqual(['# A proxy may stand between.'])
  expect(runsOfScript('offbeat run --sources shop')).toEqual(['offbeat run --sources shop'])
})
