import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { POSTGRESQL_CHECKUP } from '../../src/sources/postgresql/checks/checkup.ts'

/** Where a real server is broken for what the doctor finds. */
const FILES = [
  'integration/postgresql-doctor.test.ts',
  'integration/postgresql-doctor-server.test.ts',
  'integration/postgresql-doctor-failover.test.ts',
  'integration/postgresql-doctor-job.test.ts',
  'integration/postgresql-pooler.test.ts',
  'integration/postgresql-heartbeat-obstacles.test.ts',
  'e2e/doctor-lost-position.test.ts',
  'e2e/doctor-configuration.test.ts',
  'e2e/doctor-standby.test.ts',
]

/** The codes of a file's rows, and those in the names of its tests. */
function codesIn(file: string): readonly string[] {
  const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\s*(?:\{ |\[\s*)?(?:code: )?'([A-Z]+(?:_[A-Z0-9]+)+)',/gm)].map(
    (match) => match[1] ?? '',
  )
  const names = [...text.matchAll(/\btest\S*\(\s*'([^']+)'/g)].flatMap((match) =>
    match[1]?.match(/[A-Z]+(?:_[A-Z0-9]+)+/g),
  )
  const each = [...text.matchAll(/\]\)\(\s*'([A-Z]+(?:_[A-Z0-9]+)+)/g)].map((match) => match[1] ?? '')
  return [...rows, ...names.map(String), ...each]
}

test('promise 11: every code that a check may report has a row that breaks a real server for it', () => {
  const rows = new Set(FILES.flatMap(codesIn))
  const may = POSTGRESQL_CHECKUP.checks.flatMap(({ codes }) => codes)
  expect(may.filter((code) => !rows.has(code))).toEqual([])
})

test('each check has a name of its own', () => {
  const ids = POSTGRESQL_CHECKUP.checks.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})
