import { expect, test } from 'vitest'
import { toBePasted } from './pasted-statement.ts'

test.each([
  ['SELECT pg_reload_conf()', 'SELECT pg_reload_conf();'],
  ['SELECT pg_promote()  -- on the standby', 'SELECT pg_promote();  -- on the standby'],
  ['SELECT 1;', 'SELECT 1;'],
  ["ALTER SYSTEM SET a = '1';  -- or more", "ALTER SYSTEM SET a = '1';  -- or more"],
  ['GRANT a;\nGRANT b  -- here', 'GRANT a;\nGRANT b;  -- here'],
  ['CREATE TABLE t (  -- one\n  id int\n)', 'CREATE TABLE t (  -- one\n  id int\n);'],
  ['offbeat run', 'offbeat run'],
  ['psql "host=a"', 'psql "host=a"'],
  ['# Set it', '# Set it'],
])('%j is pasted as %j', (run, pasted) => {
  expect(toBePasted(run)).toBe(pasted)
})
