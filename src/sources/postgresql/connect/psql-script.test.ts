import { expect, test } from 'vitest'
import { PSQL_SCRIPT } from './psql-script.ts'

test.each([
  ['SELECT pg_reload_conf()', undefined, 'SELECT pg_reload_conf();'],
  ['SELECT 1', 'on the standby', 'SELECT 1;  -- on the standby'],
  ['SELECT 1;', undefined, 'SELECT 1;'],
  ['GRANT a;\nGRANT b', 'here', 'GRANT a;\nGRANT b;  -- here'],
])('psql takes %j with the note %j as %j', (text, note, pasted) => {
  expect(PSQL_SCRIPT.statement(text, note)).toBe(pasted)
})
