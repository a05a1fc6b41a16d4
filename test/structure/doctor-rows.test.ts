import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Check } from '../../src/sources/check.ts'
import { mongodbChecks } from '../../src/sources/mongodb/checks/checkup.ts'
import { mysqlChecks } from '../../src/sources/mysql/checks/checkup.ts'
import { POSTGRESQL_CHECKS } from '../../src/sources/postgresql/checks/checkup.ts'

/** Of each kind, where a real server is broken for what the doctor finds. */
const POSTGRESQL = [
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
const MYSQL = [
  'integration/mysql-doctor.test.ts',
  'integration/mysql-doctor-heartbeat.test.ts',
  'integration/mysql-doctor-server.test.ts',
  'e2e/doctor-lost-position-mysql.test.ts',
]

const MONGODB = [
  'integration/mongodb-doctor.test.ts',
  'conformance/mongodb-stage.ts',
  'e2e/doctor-lost-position-mongodb.test.ts',
]
/** No client of MongoDB can lock a document for long, and nothing suppresses a write without an error. */
const NEVER_ON_MONGODB = ['HEARTBEAT_SLOW', 'HEARTBEAT_SUPPRESSED']

const KINDS: readonly {
  readonly kind: string
  readonly checks: readonly Pick<Check<never>, 'id' | 'codes'>[]
  readonly files: readonly string[]
  /** What only other kinds can have. */
  readonly never?: readonly string[]
}[] = [
  { kind: 'postgresql', checks: POSTGRESQL_CHECKS, files: POSTGRESQL },
  { kind: 'mysql', checks: mysqlChecks('mysql'), files: MYSQL },
  { kind: 'mariadb', checks: mysqlChecks('mariadb'), files: MYSQL },
  { kind: 'mongodb', checks: mongodbChecks(), files: MONGODB, never: NEVER_ON_MONGODB },
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

test.each(KINDS)(
  'promise 11: every code that a check of $kind may report has a row that breaks a real server for it',
  ({ checks, files, never = [] }) => {
    const rows = new Set(files.flatMap(codesIn))
    const may = checks.flatMap(({ codes }) => codes)
    expect(may.filter((code) => !rows.has(code) && !never.includes(code))).toEqual([])
  },
)

test.each(KINDS)('each check of $kind has a name of its own', ({ kind, checks }) => {
  const ids = checks.map(({ id }) => id)
  expect(ids).toEqual([...new Set(ids)].filter((id) => id.startsWith(`${kind}.`)))
})
