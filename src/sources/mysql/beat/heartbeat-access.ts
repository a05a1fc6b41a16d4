import { text } from '../../connect/text-row.ts'
import type { MysqlConfig } from '../config.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { type Account, quoteLiteral } from '../connect/quoting.ts'
import { numberOfError } from '../errors/denied.ts'
import { heartbeatTableName } from './heartbeat-table.ts'

/** The privileges that the catalogue shows for each column. DELETE is not among them. */
const COLUMN_PRIVILEGES = ['SELECT', 'INSERT', 'UPDATE'] as const
export type ColumnPrivilege = (typeof COLUMN_PRIVILEGES)[number]

/** What our session sees of the heartbeat table, and what it is allowed to do with it, also by its roles. */
export interface HeartbeatAccess {
  /** The account whose privileges apply, which can have a narrower host than the user's address. */
  readonly account: Account
  /** `hidden`: without any privilege on it, whether it exists is not visible. */
  readonly table: 'present' | 'missing' | 'hidden'
  readonly lacks: readonly ColumnPrivilege[]
  readonly lacksColumns: readonly string[]
  /** `last_update` depends on the time zone of the session that writes it. */
  readonly otherZones: boolean
}

/** Which column each privilege is needed for. */
const NEEDED: Readonly<Record<ColumnPrivilege, readonly string[]>> = {
  SELECT: ['id', 'last_update'],
  INSERT: ['id', 'text', 'last_update'],
  UPDATE: ['text', 'last_update'],
}

export async function readHeartbeatAccess(
  connection: MysqlConnection,
  config: MysqlConfig,
  signal: AbortSignal,
): Promise<HeartbeatAccess> {
  const { schema, table } = config.heartbeat.source
  const { account } = connection
  const columns = await connection.query(
    `SELECT LOWER(COLUMN_NAME) AS name, LOWER(PRIVILEGES) AS privileges, DATA_TYPE AS type FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ${quoteLiteral(schema)} AND TABLE_NAME = ${quoteLiteral(table)}`,
    [],
    { signal },
  )
  if (columns.length === 0) {
    const hidden = { account, lacks: COLUMN_PRIVILEGES, lacksColumns: [], otherZones: false }
    return { ...hidden, table: (await isMissing(connection, config, signal)) ? 'missing' : 'hidden' }
  }
  const privileges = new Map(columns.map((column) => [text(column, 'name'), text(column, 'privileges').split(',')]))
  const has = (column: string, privilege: ColumnPrivilege) =>
    privileges.get(column)?.includes(privilege.toLowerCase()) !== false
  return {
    account,
    table: 'present',
    lacks: COLUMN_PRIVILEGES.filter((each) => !NEEDED[each].every((column) => has(column, each))),
    lacksColumns: ['id', 'text', 'last_update'].filter((name) => !privileges.has(name)),
    otherZones: columns.some(({ name, type }) => name === 'last_update' && type !== 'timestamp'),
  }
}

const NO_TABLE = [1146, 1049]
const DENIED = [1142, 1143, 1044]

export function isTableMissing(error: unknown): boolean {
  return NO_TABLE.includes(numberOfError(error) ?? 0)
}

export function isTableDenied(error: unknown): boolean {
  return DENIED.includes(numberOfError(error) ?? 0)
}

/** The server reports a missing table only to users with a privilege on it. A privilege can outlive its table. */
async function isMissing(connection: MysqlConnection, config: MysqlConfig, signal: AbortSignal): Promise<boolean> {
  try {
    await connection.query(`SELECT 1 FROM ${heartbeatTableName(config)} LIMIT 0`, [], { signal })
    return false
  } catch (error) {
    if (isTableMissing(error)) return true
    if (isTableDenied(error)) return false
    throw error
  }
}
