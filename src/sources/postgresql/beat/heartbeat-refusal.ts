import { OffbeatError } from '../../../model/error.ts'
import { forPerson, inDatabase, query } from '../../../model/fix.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection, StatementOptions } from '../connect/connection.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { setForRole } from '../inspect/setting-place.ts'
import {
  allowRows,
  byOwner,
  type HeartbeatObstacles,
  holdersInWords,
  lockFix,
  lookAtObstacles,
  suppressionFix,
  suppressionInWords,
} from './heartbeat-obstacle.ts'
import {
  heartbeatGrants,
  heartbeatTableName,
  heartbeatTableStatements,
  listsTables,
  tableFix,
} from './heartbeat-table.ts'

interface Refusal {
  readonly config: PostgresqlConfig
  /** Whose privileges count. */
  readonly role: string
  readonly found: string
  readonly details: OffbeatError['details']
}

/** A beat that the server refused, with what keeps it from being written: looked up over the same connection where it is still open. */
export async function heartbeatRefusal(
  error: unknown,
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions & { readonly timeoutMs: number },
): Promise<unknown> {
  // What a function on the server raised says nothing of the table.
  if (!(error instanceof OffbeatError) || error.code === 'POSTGRES_FUNCTION_FAILED') return error
  const details = { ...error.details, table: heartbeatTableName(config) }
  const refusal = { config, role: connection.role, found: error.found ?? error.code, details }
  const obstacles = async () => (connection.isOpen ? await lookAtObstacles(connection, config, options) : null)
  const listed = async () => connection.isOpen && (await listsTables(connection, config, options))
  switch (sqlstateOf(error)) {
    case '42P01':
    case '3F000':
      return tableMissing(refusal, await listed())
    case '42703':
    case '42804':
    case '428C9':
      return otherColumns(refusal, await listed())
    case '42501':
      return denied(refusal, await obstacles())
    case '25006':
      return readOnly(refusal)
    case '0A000':
      return replaced(refusal, await obstacles()) ?? error
    case '57014':
    case '55P03':
      return slow(refusal, await obstacles(), options.timeoutMs)
    default:
      return error
  }
}

export function sqlstateOf(error: unknown): string | null {
  if (!(error instanceof OffbeatError)) return null
  const { sqlstate } = error.details
  return typeof sqlstate === 'string' ? sqlstate : null
}

/** The insert reported that the row exists, and the update failed with no error: something on the server suppresses it. */
export async function heartbeatSuppressed(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<OffbeatError> {
  const details = { table: heartbeatTableName(config) }
  const refusal = { config, role: connection.role, found: 'UPDATE 0, without an error', details }
  return suppressed(refusal, await lookAtObstacles(connection, config, options))
}

function suppressed({ config, role, found, details }: Refusal, obstacles: HeartbeatObstacles): OffbeatError {
  const name = heartbeatTableName(config)
  const fix = suppressionFix(config, role, obstacles)
  return new OffbeatError('HEARTBEAT_SUPPRESSED', {
    message: `the update of the heartbeat row in ${name} changes no row, though the row exists`,
    found: suppressionInWords(obstacles) ?? found,
    expected: 'no trigger, rule or row-level security that keeps the row from being written',
    fix: fix.length === 0 ? [forPerson(`check what on the server changes statements on ${name}`)] : fix,
    details,
  })
}

/** A rule in place of an update refuses its RETURNING. */
function replaced(refusal: Refusal, obstacles: HeartbeatObstacles | null): OffbeatError | null {
  return obstacles === null || obstacles.suppressors.length === 0 ? null : suppressed(refusal, obstacles)
}

function tableMissing({ config, role, found, details }: Refusal, listed: boolean): OffbeatError {
  const { database } = config.connection
  return new OffbeatError('HEARTBEAT_TABLE_MISSING', {
    message: `the heartbeat table ${heartbeatTableName(config)} does not exist in the database ${database}`,
    found,
    expected: 'a table with id, text and last_update',
    fix: tableFix(config, role, listed),
    details,
  })
}

function otherColumns({ config, role, found, details }: Refusal, listed: boolean): OffbeatError {
  const name = heartbeatTableName(config)
  return new OffbeatError('HEARTBEAT_TABLE_SHAPE', {
    message: `the heartbeat table ${name} lacks columns that a heartbeat writes`,
    found,
    expected: 'id integer, text text, last_update timestamp',
    fix: [
      byOwner(config, `DROP TABLE ${name}`),
      ...heartbeatTableStatements(config, role, listed).map((text) => byOwner(config, text)),
    ],
    details,
  })
}

function denied({ config, role, found, details }: Refusal, obstacles: HeartbeatObstacles | null): OffbeatError {
  const hidden = obstacles?.granted === true && obstacles.rowSecurity.active ? obstacles.rowSecurity : null
  return new OffbeatError('HEARTBEAT_DENIED', {
    message: `the role ${role} cannot write to the heartbeat table ${heartbeatTableName(config)}`,
    found,
    expected:
      hidden === null
        ? 'USAGE on the schema; SELECT, INSERT, UPDATE and DELETE on the table'
        : `row-level security that lets ${role} write the row`,
    fix:
      hidden === null
        ? heartbeatGrants(config, role).map((text) => byOwner(config, text))
        : allowRows(config, role, hidden),
    details,
  })
}

function readOnly({ config, found, details }: Refusal): OffbeatError {
  return new OffbeatError('HEARTBEAT_READ_ONLY', {
    message: `the heartbeat table ${heartbeatTableName(config)} cannot be written: the server or the session is read-only`,
    found,
    expected: 'a primary, and a session that can write',
    fix: [
      query('SELECT pg_is_in_recovery()', SUPERUSER),
      query('SHOW default_transaction_read_only', SUPERUSER),
      forPerson(
        'if the server is a primary, let the sessions of this user write; `offbeat doctor` says where they are made read-only',
      ),
      inDatabase('SET default_transaction_read_only = off', SUPERUSER),
      inDatabase(setForRole('role in database', config.connection, 'default_transaction_read_only = off'), SUPERUSER),
    ],
    details,
  })
}

function slow({ config, found, details }: Refusal, obstacles: HeartbeatObstacles | null, timeoutMs: number) {
  const { database } = config.connection
  const holders = obstacles?.holders ?? []
  return new OffbeatError('HEARTBEAT_SLOW', {
    message: `the heartbeat row in ${heartbeatTableName(config)} could not be written within ${timeoutMs} ms`,
    found: holdersInWords(holders) ?? `${found}; no lock on the table was seen after it`,
    expected: 'a row that is not locked for long',
    fix:
      holders.length === 0
        ? [forPerson('check the load of the server, and what else writes or locks the heartbeat table at that time')]
        : lockFix(holders, database),
    details,
  })
}
