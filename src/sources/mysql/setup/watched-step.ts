import { namedTables, watchedTables } from '../../../setup/watched-tables.ts'
import { type SqlStep, stepIn } from '../../admin/sql-step.ts'
import { tableNamesStep } from '../../admin/table-names-step.ts'
import type { MysqlConfig, MysqlKind } from '../config.ts'
import {
  type Account,
  neutralLiteral,
  type QualifiedName,
  quoteAccount,
  quoteDatabaseObjects,
  quoteTable,
} from '../connect/quoting.ts'
import { FROM_TABLES } from '../tables/watched-catalog.ts'
import { LEVELS, SYSTEM_DATABASES } from '../tables/watched-table.ts'
import {
  databasePrivileges,
  exactDatabasePrivileges,
  isGrantee,
  isPattern,
  PARTIAL_REVOKES,
  readsDatabase,
  tablePrivileges,
} from './question/privilege-question.ts'
import { CATALOG_NAMES, fromWatched, type Watched, wholeDatabases } from './question/watched-sql.ts'
import { GRANTER } from './user-step.ts'

export function namesStep(config: MysqlConfig): SqlStep | null {
  return tableNamesStep({
    database: null,
    why: 'Every table that `tables` names must exist before it can be granted.',
    named: namedTables(config, CATALOG_NAMES),
    levels: LEVELS,
    fromTables: FROM_TABLES,
    nameAsJson: 'CAST(JSON_ARRAY(TABLE_SCHEMA, TABLE_NAME) AS CHAR)',
  })
}

const READ =
  'The server describes a table only to a user that has a privilege on it, and later snapshots will read the watched tables.'
const GENERATED = `${READ} This statement only prints the GRANT statements: run those too.`

const step = stepIn(null)

/** Lets the user read what is watched, and nothing else. */
export function readSteps(config: MysqlConfig, account: Account): readonly SqlStep[] {
  const watched = watchedTables(config, CATALOG_NAMES)
  if (watched.by === 'list') return watched.tables.map((table) => selectStep(table, account))
  const whole = wholeDatabases(config)
  if (whole !== null)
    return [
      ...whole.databases.flatMap((database) => databaseSteps(config.kind, database, account)),
      ...whole.tables.map((table) => selectStep(table, account)),
    ]
  return [watched.by === 'all' ? allStep(config.kind, account) : patternStep(config, watched, account)]
}

function selectStep(table: QualifiedName, account: Account): SqlStep {
  return step(`select:${table.database}.${table.name}`, READ, {
    who: GRANTER,
    run: [`GRANT SELECT ON ${quoteTable(table)} TO ${nameOf(account)}`],
    done: tablePrivileges(account, table, ['SELECT']),
  })
}

function databaseSteps(kind: MysqlKind, database: string, account: Account): readonly SqlStep[] {
  const id = `select:${database}`
  const why = `${READ} The grant also applies to tables that are created later.`
  const grant = (on: string) => ({ who: GRANTER, run: [`GRANT SELECT ON ${on} TO ${nameOf(account)}`] })
  const usual = step(id, why, {
    ...grant(quoteDatabaseObjects(database)),
    done: databasePrivileges(account, database, ['SELECT']),
  })
  if (!isPattern(kind, database)) return [usual]
  const exact = step(`${id}:exact`, why, {
    ...grant(quoteDatabaseObjects(database, true)),
    onlyWhere: PARTIAL_REVOKES,
    done: exactDatabasePrivileges(account, database, 'SELECT'),
  })
  return [usual, exact]
}

/** Grants by database: SELECT on the whole server would include the password hashes in `mysql`. */
function allStep(kind: MysqlKind, account: Account): SqlStep {
  const escapeSign = kind === 'mysql' ? "IF(@@GLOBAL.partial_revokes, '', CHAR(92))" : 'CHAR(92)'
  const from = `FROM information_schema.SCHEMATA
  WHERE SCHEMA_NAME NOT IN (${SYSTEM_DATABASES.map(neutralLiteral).join(', ')})
  AND NOT ${readsDatabase(account, 'SCHEMA_NAME')}`
  const name = ['_', '%'].reduce(
    (text, sign) => `REPLACE(${text}, '${sign}', CONCAT(${escapeSign}, '${sign}'))`,
    inBackticks('SCHEMA_NAME'),
  )
  return step('watched-select', `${GENERATED} A database created later is not among them: then run it again.`, {
    who: GRANTER,
    run: [
      `SELECT CONCAT('GRANT SELECT ON ', ${name}, '.* TO ', ${neutralLiteral(nameOf(account))}, ';') AS statements\n${from}`,
    ],
    generates: true,
    done: { query: `SELECT NOT EXISTS (SELECT 1 ${from})`, params: [] },
  })
}

/** The privileges are listed once, and not again for each table. */
function patternStep(config: MysqlConfig, watched: Watched, account: Account): SqlStep {
  const from = `${fromWatched(config, watched)}
  AND CAST(TABLE_SCHEMA AS BINARY) NOT IN (
    SELECT CAST(SCHEMA_NAME AS BINARY) FROM information_schema.SCHEMATA WHERE ${readsDatabase(account, 'SCHEMA_NAME')})
  AND (CAST(TABLE_SCHEMA AS BINARY), CAST(TABLE_NAME AS BINARY)) NOT IN (
    SELECT CAST(TABLE_SCHEMA AS BINARY), CAST(TABLE_NAME AS BINARY) FROM information_schema.TABLE_PRIVILEGES
    WHERE ${isGrantee(account)} AND PRIVILEGE_TYPE = 'SELECT')`
  const table = `${inBackticks('TABLE_SCHEMA')}, '.', ${inBackticks('TABLE_NAME')}`
  return step('watched-select', `${GENERATED} A table created later is not among them: then run it again.`, {
    who: GRANTER,
    run: [
      `SELECT CONCAT('GRANT SELECT ON ', ${table}, ' TO ', ${neutralLiteral(nameOf(account))}, ';') AS statements\n${from}`,
    ],
    generates: true,
    done: { query: `SELECT NOT EXISTS (SELECT 1 ${from})`, params: [] },
  })
}

function inBackticks(column: string): string {
  return `CONCAT('\`', REPLACE(${column}, '\`', '\`\`'), '\`')`
}

function nameOf({ user, host }: Account): string {
  return quoteAccount(user, host)
}
