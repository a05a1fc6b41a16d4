import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const SOURCES = ['../../src/sources/postgresql/', '../../src/sources/mysql/', '../../src/doctor/'].map(
  (folder) => new URL(folder, import.meta.url).pathname,
)
const TESTS = new URL('../', import.meta.url).pathname

/** Where a real server is broken, and what is printed is run there. */
const FILES = [
  'integration/mysql-doctor.test.ts',
  'integration/mysql-doctor-heartbeat.test.ts',
  'integration/mysql-doctor-server.test.ts',
  'integration/mysql-gtid-mode.test.ts',
  'integration/mysql-heartbeat-obstacles.test.ts',
  'integration/mysql-job-silence.test.ts',
  'integration/postgresql-doctor.test.ts',
  'integration/postgresql-doctor-server.test.ts',
  'integration/postgresql-doctor-failover.test.ts',
  'integration/postgresql-doctor-job.test.ts',
  'integration/postgresql-heartbeat-obstacles.test.ts',
  'integration/postgresql-heartbeats.test.ts',
  'integration/postgresql-job-silence.test.ts',
  'integration/postgresql-login-method.test.ts',
  'integration/postgresql-printed-errors.test.ts',
  'integration/postgresql-row-filter.test.ts',
  'integration/postgresql-slot-waits.test.ts',
  'integration/postgresql-table-mark.test.ts',
  'e2e/doctor-lost-position.test.ts',
  'e2e/doctor-lost-position-mysql.test.ts',
  'e2e/doctor-configuration.test.ts',
  'e2e/doctor-standby.test.ts',
]

/** Its statement is that of another code: of POSTGRES_ENCODING, of MYSQL_ROW_METADATA. */
const SAME_QUERY = ['POSTGRES_TEXT_UNCONVERTED', 'MYSQL_COLUMNS_UNKNOWN']

/** Where a code is given to what is reported: an error, a finding or a notice. */
const REPORTED = /(?:new OffbeatError\(|finding\([^,()]*,|notice\(|\bcode:)\s*'([A-Z]+(?:_[A-Z0-9]+)+)'/gu

/** A statement in a literal, or a function that gives some, such as each of the heartbeat's fixes. */
const SQL =
  /['`](?:ALTER|CHECKPOINT|CREATE|DROP|GRANT|INSERT|ROLLBACK|SELECT|SHOW)\b|\bfixes\.|(?<![.\w])(?:inDatabase|query|byOwner|onDatabase|statement|tableFix|setting|alter|schedule|inTable|lockFix|suppressionFix|allowRows|heartbeatGrants|heartbeatTableStatements|createPublication|publishTables|startAnew|release|heldLog|lostPositionFinding)\(/u

/** Of each code the text from where it is reported to the end of that function. */
function reportsIn(text: string): readonly (readonly [code: string, report: string])[] {
  return [...text.matchAll(REPORTED)].map((match) => {
    const rest = text.slice(match.index)
    const end = rest.search(/\n[})]|\n {2}\}\),?\n/u)
    const next = rest.slice(1).search(REPORTED)
    const ends = [end, next === -1 ? -1 : next + 1].filter((at) => at !== -1)
    return [match[1] ?? '', rest.slice(0, Math.min(...ends, rest.length))] as const
  })
}

function codesWithStatements(): ReadonlySet<string> {
  const files = SOURCES.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  const texts = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(file, 'utf8'))
  const reports = texts.flatMap(reportsIn)
  return new Set(reports.filter(([, report]) => SQL.test(report)).map(([code]) => code))
}

test('promise 11: each error and finding that prints a statement has a test that runs it on a real server', () => {
  const named = FILES.flatMap((file) => readFileSync(join(TESTS, file), 'utf8').match(/[A-Z]+(?:_[A-Z0-9]+)+/gu) ?? [])
  const run = new Set([...named, ...SAME_QUERY])
  expect([...codesWithStatements()].filter((code) => !run.has(code))).toEqual([])
})

test('the search for statements finds them', () => {
  const text = `
function a() {
  return finding('fail', 'POSTGRES_A', { found, fix: [statement(evidence, \`ALTER ROLE x\`, by)] })
}
function b() {
  return new OffbeatError('POSTGRES_B', { fix: [forPerson('words')] })
}
function c() {
  return new OffbeatError(
    'POSTGRES_C', { fix: [query('SELECT 1', by)] })
}
`
  const found = reportsIn(text).map(([code, report]) => [code, SQL.test(report)])
  expect(found).toEqual([
    ['POSTGRES_A', true],
    ['POSTGRES_B', false],
    ['POSTGRES_C', true],
  ])
})
