import { advice, type Check, type CheckFix, finding, well } from '../../check.ts'
import { listed } from '../../listed.ts'
import { quoteName, quoteTable } from '../connect/quoting.ts'
import { atLeast, type ServerVersion } from '../connect/server-version.ts'
import { setAtStart } from '../inspect/server-setting.ts'
import type { Cascade } from './evidence/cascade.ts'
import type { Evidence } from './evidence/evidence.ts'
import { logsCascades } from './evidence/settings.ts'
import type { WatchableTable } from './evidence/watchable-table.ts'
import { leftToPerson, statement } from './finding.ts'
import { watchedOf } from './watched.ts'

const REBUILT = 'it rebuilds the table'

export const keyCheck: Check<Evidence> = {
  id: 'keys',
  symptom: null,
  title: 'keys of the watched tables',
  codes: ['MYSQL_NO_KEY'],
  ofTables: true,
  run(evidence) {
    const expected = 'a primary key in each'
    const keyless = watchedOf(evidence).filter(({ hasKey }) => !hasKey)
    if (keyless.length === 0) return well('each has one', expected)
    return finding('warn', 'MYSQL_NO_KEY', {
      found: `no primary key, so messages without a key: ${listed(keyless.map(quoteTable))}`,
      expected,
      fix: keyless.map((table) => newKey(table, evidence.version)),
    })
  },
}

function newKey(table: WatchableTable, version: ServerVersion): CheckFix {
  const name = quoteTable(table)
  const { otherKey } = table
  if (otherKey !== null)
    return statement(`ALTER TABLE ${name} ADD PRIMARY KEY (${otherKey.map(quoteName).join(', ')})`, REBUILT)
  if (!(version.product === 'mariadb' || atLeast(version, [8, 0, 23]))) return advice(`add a primary key to ${name}`)
  return statement(
    `ALTER TABLE ${name} ADD COLUMN row_id bigint unsigned NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY`,
    `${REBUILT}, and its messages get another column`,
  )
}

export const engineCheck: Check<Evidence> = {
  id: 'engines',
  symptom: null,
  title: 'engines of the watched tables',
  codes: ['MYSQL_NOT_TRANSACTIONAL'],
  ofTables: true,
  run(evidence) {
    const expected = 'an engine with transactions, such as InnoDB'
    const unsafe = watchedOf(evidence).filter(({ isTransactional }) => !isTransactional)
    if (unsafe.length === 0) return well('each has transactions', expected)
    return finding('warn', 'MYSQL_NOT_TRANSACTIONAL', {
      found: listed(unsafe.map((table) => `${quoteTable(table)} is ${table.engine}`)),
      expected,
      fix: unsafe.map((table) => statement(`ALTER TABLE ${quoteTable(table)} ENGINE = InnoDB`, REBUILT)),
    })
  },
}

export const cascadeCheck: Check<Evidence> = {
  id: 'cascades',
  symptom: null,
  title: 'foreign keys that change rows of watched tables',
  codes: ['MYSQL_CASCADE_NOT_LOGGED'],
  ofTables: true,
  run(evidence) {
    const expected = 'changes of rows that are all in the log'
    const { cascades, settings } = evidence
    if (logsCascades(settings)) return well('the server logs what they change', expected)
    if (cascades.length === 0) return well('none', expected)
    const names = cascades.map((each) => `${each.constraint} of ${quoteTable(each)} (${each.rules})`)
    return finding('warn', 'MYSQL_CASCADE_NOT_LOGGED', {
      found: `the log lacks what these change: ${listed(names)}`,
      expected,
      fix: settings.has('innodb_native_foreign_keys')
        ? leftToPerson(setAtStart('innodb_native_foreign_keys', 'OFF'), '')
        : cascades.flatMap(withoutCascade),
    })
  },
}

/** In two statements, because one cannot drop and add a constraint of the same name. */
function withoutCascade(cascade: Cascade): readonly CheckFix[] {
  const { constraint, definition } = cascade
  const table = `ALTER TABLE ${quoteTable(cascade)}`
  return [`${table} DROP FOREIGN KEY ${constraint}`, `${table} ADD CONSTRAINT ${constraint} ${definition}`].map(
    (text) => statement(text, 'from then on the application must change these rows itself'),
  )
}
