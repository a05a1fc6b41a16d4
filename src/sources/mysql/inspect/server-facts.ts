import type { ServerIdentity } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import { numberOf, text } from '../../connect/text-row.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { logFileName } from '../position/log-file.ts'
import { type MariadbGtidList, parseMariadbGtidList } from '../position/mariadb-gtid-list.ts'
import { type MysqlGtidSet, parseMysqlGtidSet } from '../position/mysql-gtid-set.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../position/position.ts'
import { type LogFiles, readLogFiles } from './log-files.ts'

interface CommonFacts {
  readonly atMs: number
  /** Seconds since 1970. The value is exact because the server computes its uptime from it. */
  readonly startedAtS: number
  readonly serverId: string
  readonly readOnly: boolean
  readonly logsBinary: boolean
  /** null: the user lacks the privilege. */
  readonly log: LogFiles | null
}

export interface MysqlFacts extends CommonFacts {
  readonly product: 'mysql'
  readonly serverUuid: string
  /** Which transactions get a GTID. */
  readonly gtidMode: 'OFF' | 'OFF_PERMISSIVE' | 'ON_PERMISSIVE' | 'ON'
  readonly executed: MysqlGtidSet
  readonly purged: MysqlGtidSet
}

export interface MariadbFacts extends CommonFacts {
  readonly product: 'mariadb'
  readonly domain: string
  /** The last GTID of each domain in the log. */
  readonly written: MariadbGtidList
  /** The last GTID of each domain before the oldest file. null: the files are not known. */
  readonly before: MariadbGtidList | null
}

export type ServerFacts = MysqlFacts | MariadbFacts

const COMMON = `CAST(ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000) AS UNSIGNED) AS at_ms, @@GLOBAL.server_id AS server_id,
  @@GLOBAL.read_only AS read_only, @@GLOBAL.log_bin AS log_bin`

export async function readServerFacts(connection: MysqlConnection, signal: AbortSignal): Promise<ServerFacts> {
  return connection.version.product === 'mysql'
    ? await readMysqlFacts(connection, signal)
    : await readMariadbFacts(connection, signal)
}

async function readMysqlFacts(connection: MysqlConnection, signal: AbortSignal): Promise<MysqlFacts> {
  // Read the files first: if some are purged right after that, gtid_purged already includes them.
  const log = await filesOf(connection, signal)
  const [row = {}] = await connection.query(
    `SELECT ${COMMON}, @@GLOBAL.server_uuid AS server_uuid, @@GLOBAL.gtid_mode AS gtid_mode,
       @@GLOBAL.gtid_executed AS executed, @@GLOBAL.gtid_purged AS purged,
       UNIX_TIMESTAMP() - (SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'UPTIME') AS started`,
    [],
    { signal },
  )
  const set = (column: string) => parseMysqlGtidSet(text(row, column)) ?? new Map()
  return {
    ...commonFacts(row),
    log,
    product: 'mysql',
    serverUuid: text(row, 'server_uuid'),
    gtidMode: gtidModeOf(text(row, 'gtid_mode')),
    executed: set('executed'),
    purged: set('purged'),
  }
}

function gtidModeOf(value: string): MysqlFacts['gtidMode'] {
  const known = (['OFF_PERMISSIVE', 'ON_PERMISSIVE', 'ON'] as const).find((mode) => mode === value)
  return known ?? 'OFF'
}

async function readMariadbFacts(connection: MysqlConnection, signal: AbortSignal): Promise<MariadbFacts> {
  const log = await filesOf(connection, signal)
  const [row = {}] = await connection.query(
    `SELECT ${COMMON}, @@GLOBAL.gtid_domain_id AS domain, @@GLOBAL.gtid_binlog_pos AS written,
       UNIX_TIMESTAMP() - (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'UPTIME') AS started`,
    [],
    { signal },
  )
  const [oldest] = log?.files ?? []
  const before = oldest === undefined ? null : await startOf(connection, oldest.name, signal)
  return {
    ...commonFacts(row),
    log,
    product: 'mariadb',
    domain: text(row, 'domain'),
    written: parseMariadbGtidList(text(row, 'written')) ?? new Map(),
    before,
  }
}

/**
 * The GTID state at the start of a file. Position 4 is the first one after the file's magic number. null: the file was purged in the
 * meantime.
 */
async function startOf(
  connection: MysqlConnection,
  file: string,
  signal: AbortSignal,
): Promise<MariadbGtidList | null> {
  const [row] = await connection.query('SELECT BINLOG_GTID_POS(?, 4) AS start', [file], { signal })
  const start = row?.['start'] ?? null
  return start === null ? null : parseMariadbGtidList(start)
}

async function filesOf(connection: MysqlConnection, signal: AbortSignal): Promise<LogFiles | null> {
  const [row] = await connection.query('SELECT @@GLOBAL.log_bin AS log_bin', [], { signal })
  return row?.['log_bin'] === '1' ? await readLogFiles(connection, signal) : null
}

function commonFacts(row: Parameters<typeof text>[0]): Omit<CommonFacts, 'log'> {
  return {
    atMs: numberOf(row, 'at_ms') ?? 0,
    startedAtS: numberOf(row, 'started') ?? 0,
    serverId: text(row, 'server_id'),
    readOnly: text(row, 'read_only') !== '0',
    logsBinary: text(row, 'log_bin') === '1',
  }
}

/** The identity of the server that is stored with an offset. */
export function identityOf(facts: ServerFacts): ServerIdentity {
  return facts.product === 'mysql'
    ? { serverUuid: facts.serverUuid }
    : { serverId: facts.serverId, domain: facts.domain }
}

/** The end of the log. If MySQL writes transactions without GTIDs, it includes the file and offset. */
export function headOf(facts: ServerFacts): Position {
  const end = facts.log?.end ?? null
  if (facts.product === 'mariadb') return MARIADB_POSITIONS.of(facts.written, null)
  return MYSQL_POSITIONS.of(facts.executed, facts.gtidMode === 'ON' ? null : end)
}

/** The end of the log as a text: file and offset if known, otherwise the GTIDs. */
export function headText(facts: ServerFacts): string {
  const end = facts.log?.end ?? null
  if (end !== null) return `${logFileName(end)}:${end.offset}`
  return (facts.product === 'mysql' ? MYSQL_POSITIONS : MARIADB_POSITIONS).short(headOf(facts))
}
