import type { ServerIdentity } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import { numberOf, type TextRow, text } from '../../connect/text-row.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { canWrite } from '../connect/read-only.ts'
import { logFilePositionText } from '../position/log-file.ts'
import {
  type MariadbGtidList,
  type MariadbGtidState,
  parseMariadbGtidList,
  parseMariadbGtidState,
} from '../position/mariadb-gtid-list.ts'
import { type MysqlGtidSet, parseMysqlGtidSet } from '../position/mysql-gtid-set.ts'
import { type LogPositions, MARIADB_POSITIONS, MYSQL_POSITIONS } from '../position/position.ts'
import { gtidsBefore, startsOfFiles } from './gtids-before.ts'
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
  /** The same sets before the files were listed. */
  readonly before: { readonly executed: MysqlGtidSet; readonly purged: MysqlGtidSet }
}

export interface MariadbFacts extends CommonFacts {
  readonly product: 'mariadb'
  readonly domain: string
  /** The last GTID of each domain in the log. */
  readonly written: MariadbGtidList
  /** The last GTID of each server in each domain. */
  readonly state: MariadbGtidState
  /**
   * The storage engine that contains the log (`binlog_storage_engine`, MariaDB 12.3). Such a log has no positions in files. null: the log is
   * in files of its own.
   */
  readonly logEngine: string | null
  /**
   * The last GTID of each domain before the oldest file, or before each file, oldest first. null: the files are not known, or the log is in
   * a storage engine.
   */
  readonly starts: readonly MariadbGtidList[] | null
}

export type ServerFacts = MysqlFacts | MariadbFacts

const COMMON = `CAST(ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000) AS UNSIGNED) AS at_ms, @@GLOBAL.server_id AS server_id,
  ${canWrite()} AS writable, @@GLOBAL.log_bin AS log_bin`

export async function readServerFacts(connection: MysqlConnection, signal: AbortSignal): Promise<ServerFacts> {
  return connection.version.product === 'mysql'
    ? await readMysqlFacts(connection, signal)
    : await readMariadbFacts(connection, signal)
}

const SETS = '@@GLOBAL.gtid_executed AS executed, @@GLOBAL.gtid_purged AS purged'

async function readMysqlFacts(connection: MysqlConnection, signal: AbortSignal): Promise<MysqlFacts> {
  const [before = {}] = await connection.query(`SELECT ${SETS}`, [], { signal })
  // Read the files first: if some are purged right after that, gtid_purged already includes them.
  const log = await filesOf(connection, signal)
  const [row = {}] = await connection.query(
    `SELECT ${COMMON}, @@GLOBAL.server_uuid AS server_uuid, @@GLOBAL.gtid_mode AS gtid_mode, ${SETS},
       UNIX_TIMESTAMP() - (SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'UPTIME') AS started`,
    [],
    { signal },
  )
  return {
    ...commonFacts(row),
    log,
    product: 'mysql',
    serverUuid: text(row, 'server_uuid'),
    gtidMode: gtidModeOf(text(row, 'gtid_mode')),
    ...setsOf(row),
    before: setsOf(before),
  }
}

function setsOf(row: TextRow): MysqlFacts['before'] {
  const set = (column: string) => parseMysqlGtidSet(text(row, column)) ?? new Map()
  return { executed: set('executed'), purged: set('purged') }
}

function gtidModeOf(value: string): MysqlFacts['gtidMode'] {
  const known = (['OFF_PERMISSIVE', 'ON_PERMISSIVE', 'ON'] as const).find((mode) => mode === value)
  return known ?? 'OFF'
}

async function readMariadbFacts(connection: MysqlConnection, signal: AbortSignal): Promise<MariadbFacts> {
  const log = await filesOf(connection, signal)
  const [row = {}] = await connection.query(
    // The variable can be named only where it exists.
    `SELECT ${COMMON}, (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES WHERE VARIABLE_NAME = 'BINLOG_STORAGE_ENGINE') AS engine,
       @@GLOBAL.gtid_domain_id AS domain, @@GLOBAL.gtid_binlog_pos AS written, @@GLOBAL.gtid_binlog_state AS state,
       UNIX_TIMESTAMP() - (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'UPTIME') AS started`,
    [],
    { signal },
  )
  const logEngine = row['engine'] === '' ? null : (row['engine'] ?? null)
  const oldest = log === null || logEngine !== null ? null : log.files.slice(0, 1)
  return {
    ...commonFacts(row),
    log,
    logEngine,
    product: 'mariadb',
    domain: text(row, 'domain'),
    written: parseMariadbGtidList(text(row, 'written')) ?? new Map(),
    state: parseMariadbGtidState(text(row, 'state')),
    starts: oldest === null ? null : await startsOfFiles(oldest, (file) => gtidsBefore(connection, file, signal)),
  }
}

async function filesOf(connection: MysqlConnection, signal: AbortSignal): Promise<LogFiles | null> {
  const [row] = await connection.query('SELECT @@GLOBAL.log_bin AS log_bin', [], { signal })
  return row?.['log_bin'] === '1' ? await readLogFiles(connection, signal) : null
}

function commonFacts(row: TextRow): Omit<CommonFacts, 'log'> {
  return {
    atMs: numberOf(row, 'at_ms') ?? 0,
    startedAtS: numberOf(row, 'started') ?? 0,
    serverId: text(row, 'server_id'),
    readOnly: text(row, 'writable') !== '1',
    logsBinary: text(row, 'log_bin') === '1',
  }
}

/** The identity of the server that is stored with an offset. */
export function identityOf(facts: ServerFacts): ServerIdentity {
  return facts.product === 'mysql'
    ? { serverUuid: facts.serverUuid }
    : { serverId: facts.serverId, domain: facts.domain }
}

/** The codec of the product's positions. */
export function positionsOf({
  product,
}: Pick<ServerFacts, 'product'>): LogPositions<MysqlGtidSet> | LogPositions<MariadbGtidList> {
  return product === 'mysql' ? MYSQL_POSITIONS : MARIADB_POSITIONS
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
  return end === null ? positionsOf(facts).short(headOf(facts)) : logFilePositionText(end)
}
