import { OffbeatError } from '../../../model/error.ts'
import { text } from '../../connect/text-row.ts'
import type { Context } from '../../source.ts'
import type { Survey } from '../../survey.ts'
import { tableEntry } from '../../table-pattern.ts'
import type { MysqlConfig } from '../config.ts'
import { connectMysql, type MysqlConnection } from '../connect/connection.ts'
import { hasCompleteNodup, type ServerVersion, TITLES } from '../connect/server-version.ts'
import { readTables } from '../tables/watched-catalog.ts'
import { isReplica } from './replica.ts'

/** Inspects the server once. Writes nothing. */
export async function surveyServer(
  config: MysqlConfig,
  context: Context,
  signal: AbortSignal = new AbortController().signal,
): Promise<Survey> {
  await using connection = await connectToEither(config, context, signal)
  const { version } = connection
  const isOther = version.product !== config.kind
  const settings = await readSettings(connection, signal)
  const tables = await readTables(connection, signal)
  const { schema, table } = config.heartbeat.source
  const replica = await isReplica(connection, signal)
  return {
    ...(isOther ? { kind: version.product } : {}),
    server: `${TITLES[version.product]} ${version.major}.${version.minor}.${version.patch}`,
    readOnly: replica === true || settings('read_only') !== 'OFF',
    administrator: await isAdministrator(connection, signal),
    tables: tables
      .filter(({ database }) => database !== schema)
      .map(({ database, name }) => tableEntry([database, name])),
    changesPerSecond: await changeRate(connection, signal),
    scheduler: settings('event_scheduler') !== 'DISABLED',
    heartbeat: tables.some(({ database, name }) => database === schema && name === table),
    settings: {},
    remarks: [
      ...(isOther
        ? [`The server is a ${TITLES[version.product]}, so the kind of the source is ${version.product}.`]
        : []),
      ...remarksOf(settings, { version, replica: replica === true }),
    ],
  }
}

/** A URL that begins with mysql:// can lead to either product. */
async function connectToEither(
  config: MysqlConfig,
  { source }: Context,
  signal: AbortSignal,
): Promise<MysqlConnection> {
  const about = { source, use: 'inspect', signal } as const
  try {
    return await connectMysql(config, about)
  } catch (error) {
    const isOther = error instanceof OffbeatError && error.code === 'MYSQL_PRODUCT' && config.kind === 'mysql'
    if (!isOther) throw error
    return await connectMysql({ ...config, kind: 'mariadb' }, about)
  }
}

type Settings = (name: string) => string | undefined

const SETTINGS = [
  'binlog_format',
  'binlog_row_image',
  'binlog_row_metadata',
  'event_scheduler',
  'gtid_mode',
  'log_bin',
  'log_slave_updates',
  'read_only',
]

async function readSettings(connection: MysqlConnection, signal: AbortSignal): Promise<Settings> {
  const names = SETTINGS.map((name) => `'${name}'`).join(', ')
  const rows = await connection.query(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names})`, [], { signal })
  const values = new Map(rows.map((row) => [text(row, 'Variable_name'), text(row, 'Value')]))
  return (name) => values.get(name)
}

/** Privileges that only administrators have, in both products and in managed services. */
const ADMINISTRATOR = `SELECT COUNT(*) AS found FROM information_schema.USER_PRIVILEGES
  WHERE PRIVILEGE_TYPE IN ('CREATE USER', 'SUPER') AND GRANTEE = CONCAT('''',
    LEFT(CURRENT_USER(), LENGTH(CURRENT_USER()) - LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1), '''@''',
    SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')`

async function isAdministrator(connection: MysqlConnection, signal: AbortSignal): Promise<boolean> {
  const [row = {}] = await connection.query(ADMINISTRATOR, [], { signal })
  return text(row, 'found') !== '0'
}

/** MariaDB has no counters of InnoDB's rows. Its counters of handlers do not include temporary tables. */
const COUNTERS = {
  mysql: ['Innodb_rows_inserted', 'Innodb_rows_updated', 'Innodb_rows_deleted'],
  mariadb: ['Handler_write', 'Handler_update', 'Handler_delete'],
} as const

/** The average over at least an hour, so that the initial load of a new server does not count as its traffic. */
async function changeRate(connection: MysqlConnection, signal: AbortSignal): Promise<number | null> {
  const counters = COUNTERS[connection.version.product]
  const names = [...counters, 'Uptime'].map((name) => `'${name}'`).join(', ')
  const rows = await connection.query(`SHOW GLOBAL STATUS WHERE Variable_name IN (${names})`, [], { signal })
  const values = new Map(rows.map((row) => [text(row, 'Variable_name'), Number(text(row, 'Value'))]))
  const changes = counters.map((name) => values.get(name))
  if (changes.includes(undefined)) return null
  return changes.reduce((sum: number, count) => sum + (count ?? 0), 0) / Math.max(values.get('Uptime') ?? 0, 3600)
}

interface About {
  readonly version: ServerVersion
  readonly replica: boolean
}

function remarksOf(settings: Settings, { version, replica }: About): readonly string[] {
  if (settings('log_bin') !== 'ON')
    return ['The server writes no binary log: log_bin must be on, which needs a restart of the server.']
  const differs = (name: string, wanted: string) => (settings(name) ?? wanted) !== wanted
  return [
    ...(differs('binlog_format', 'ROW')
      ? [`binlog_format is ${settings('binlog_format')}: it must be ROW, so that the log has the changed rows.`]
      : []),
    ...(differs('binlog_row_image', 'FULL') &&
    !(settings('binlog_row_image') === 'FULL_NODUP' && hasCompleteNodup(version))
      ? [
          `binlog_row_image is ${settings('binlog_row_image')}: columns that a statement does not change are missing in the log.`,
        ]
      : []),
    ...(differs('binlog_row_metadata', 'FULL')
      ? [
          `binlog_row_metadata is ${settings('binlog_row_metadata')}: the log does not have the names of the columns. FULL is safer where tables change.`,
        ]
      : []),
    ...(version.product === 'mysql' && differs('gtid_mode', 'ON')
      ? [
          `gtid_mode is ${settings('gtid_mode')}: an offset is a file and a position, and is valid only on this server. With ON, another server can take over.`,
        ]
      : []),
    ...(replica && differs('log_slave_updates', 'ON')
      ? [
          'This is a replica that does not log what it applies: log_replica_updates must be on, or read from the primary.',
        ]
      : []),
    ...(replica && settings('read_only') === 'OFF'
      ? ['This is a replica that accepts writes (read_only is OFF): Offbeat proposes to write nothing on it.']
      : []),
  ]
}
