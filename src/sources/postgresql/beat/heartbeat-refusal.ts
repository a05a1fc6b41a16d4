import type { OffbeatError } from '../../../model/error.ts'
import { forPerson, inDatabase, query } from '../../../model/fix.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import type { BeatRefusal } from '../../heartbeat/heartbeat-row.ts'
import { holdersInWords, lockFix } from '../../heartbeat/lock-holder.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { sqlstateOf } from '../errors/sqlstate.ts'
import { setForRole } from '../inspect/setting-origin.ts'
import {
  allowRows,
  byOwner,
  type HeartbeatObstacles,
  lockWords,
  readObstacles,
  suppressionFix,
  suppressionInWords,
  UNSUPPRESSED,
} from './heartbeat-obstacle.ts'
import {
  heartbeatGrants,
  heartbeatTableName,
  heartbeatTableStatements,
  listsTables,
  tableFix,
} from './heartbeat-table.ts'

/** Like `HeartbeatRow.refusal`: uses the same connection if that is still open. */
export async function heartbeatRefusal(
  error: OffbeatError | null,
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<BeatRefusal | null> {
  // An error that a function on the server raised says nothing about the table.
  if (error?.code === 'POSTGRES_FUNCTION_FAILED') return null
  const { role } = connection
  const obstacles = async () => (connection.isOpen ? await readObstacles(connection, config, options) : null)
  const listed = async () => connection.isOpen && (await listsTables(connection, config, options))
  if (error === null) return suppressed(config, role, await readObstacles(connection, config, options))
  switch (sqlstateOf(error)) {
    case '42P01':
    case '3F000':
      return { code: 'HEARTBEAT_TABLE_MISSING', fix: tableFix(config, role, await listed()) }
    case '42703':
    case '42804':
    case '428C9':
      return otherColumns(config, role, await listed())
    case '42501':
      return denied(config, role, await obstacles())
    case '25006':
      return readOnly(config)
    case '0A000':
      return replaced(config, role, await obstacles())
    case '57014':
    case '55P03':
      return slow(config, error, await obstacles())
    default:
      return null
  }
}

function suppressed(config: PostgresqlConfig, role: string, obstacles: HeartbeatObstacles): BeatRefusal {
  const fix = suppressionFix(config, role, obstacles)
  const name = heartbeatTableName(config)
  return {
    code: 'HEARTBEAT_SUPPRESSED',
    found: suppressionInWords(obstacles) ?? 'UPDATE 0, without an error',
    expected: UNSUPPRESSED,
    fix: fix.length === 0 ? [forPerson(`check what on the server changes statements on ${name}`)] : fix,
  }
}

/** If a rule replaces the UPDATE, the server refuses its RETURNING. */
function replaced(config: PostgresqlConfig, role: string, obstacles: HeartbeatObstacles | null): BeatRefusal | null {
  return obstacles === null || obstacles.suppressors.length === 0 ? null : suppressed(config, role, obstacles)
}

function otherColumns(config: PostgresqlConfig, role: string, listed: boolean): BeatRefusal {
  return {
    code: 'HEARTBEAT_TABLE_SHAPE',
    expected: 'id integer, text text, last_update timestamp',
    fix: [
      byOwner(config, `DROP TABLE ${heartbeatTableName(config)}`),
      ...heartbeatTableStatements(config, role, listed).map((text) => byOwner(config, text)),
    ],
  }
}

function denied(config: PostgresqlConfig, role: string, obstacles: HeartbeatObstacles | null): BeatRefusal {
  const hidden = obstacles?.granted === true && obstacles.rowSecurity.active ? obstacles.rowSecurity : null
  if (hidden !== null)
    return {
      code: 'HEARTBEAT_DENIED',
      expected: `row-level security that lets ${role} write the row`,
      fix: allowRows(config, role, hidden),
    }
  return {
    code: 'HEARTBEAT_DENIED',
    expected: 'USAGE on the schema; SELECT, INSERT, UPDATE and DELETE on the table',
    fix: heartbeatGrants(config, role).map((text) => byOwner(config, text)),
  }
}

function readOnly({ connection }: PostgresqlConfig): BeatRefusal {
  return {
    code: 'HEARTBEAT_READ_ONLY',
    fix: [
      query('SELECT pg_is_in_recovery()', SUPERUSER),
      query('SHOW default_transaction_read_only', SUPERUSER),
      forPerson(
        'if the server is a primary, let the sessions of this user write; `offbeat doctor` reports where they are made read-only',
      ),
      inDatabase('SET default_transaction_read_only = off', SUPERUSER),
      inDatabase(setForRole('role in database', connection, 'default_transaction_read_only = off'), SUPERUSER),
    ],
  }
}

function slow(config: PostgresqlConfig, error: OffbeatError, obstacles: HeartbeatObstacles | null): BeatRefusal {
  const holders = obstacles?.holders ?? []
  return {
    code: 'HEARTBEAT_SLOW',
    found:
      holdersInWords(holders, lockWords(config)) ??
      `${error.found ?? error.code}; no lock on the table was seen after it`,
    fix:
      holders.length === 0
        ? [forPerson('check the load of the server, and what else writes or locks the heartbeat table at that time')]
        : lockFix(holders, lockWords(config)),
  }
}
