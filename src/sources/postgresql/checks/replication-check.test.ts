import { expect, test } from 'vitest'
import { OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import { alternative, type Fix, inDatabase, inShell, query } from '../../../model/fix.ts'
import type { Evidence } from './evidence/evidence.ts'
import { replicationConnectionCheck } from './replication-check.ts'

function shownFixes(code: ErrorCode, fix: readonly Fix[]) {
  const replication = new OffbeatError(code, { message: 'refused', fix })
  const evidence = { replication, config: { connection: { database: 'shop' } } } as unknown as Evidence
  return replicationConnectionCheck.run(evidence)?.fix.map(({ text, manualBecause }) => [text, manualBecause])
}

test("a client's command for a refused replication connection is left to a person for that reason", () => {
  expect(shownFixes('POSTGRES_POOLER', [inShell('psql host=db')])).toEqual([
    ['psql host=db', 'the server does not accept the replication connection'],
  ])
})

test('what an administrator can run is run, and what is one of several ways is left to a person', () => {
  const fix = [
    query('SELECT 1', 'anyone'),
    inDatabase('GRANT CONNECT ON DATABASE shop TO u', 'a superuser'),
    alternative('or else'),
    inDatabase('ALTER SYSTEM SET ssl = on', 'a superuser'),
  ]
  expect(shownFixes('DATABASE_TLS_REFUSED', fix)).toEqual([
    ['SELECT 1', 'read-only query; run it yourself'],
    ['GRANT CONNECT ON DATABASE shop TO u', null],
    ['or else', 'decide this yourself'],
    ['ALTER SYSTEM SET ssl = on', 'it is one of several ways'],
  ])
})
