import { inspectedLog } from '../../../../doctor/checks/log-state.ts'
import { after, gathererOver } from '../../../../doctor/checks/piece.ts'
import { OffbeatError } from '../../../../model/error.ts'
import type { LogState } from '../../../../model/log-state.ts'
import { type CheckContext, evidenceOf, type Signs } from '../../../check.ts'
import { onlyHost } from '../../../connect/host-order.ts'
import type { ServerTarget } from '../../../connect/server-target.ts'
import { DiskLimit } from '../../../disk-limit.ts'
import { type HeartbeatTable, readHeartbeatFacts } from '../../beat/heartbeat-evidence.ts'
import { inspectScheduler, type SchedulerSight } from '../../beat/job/scheduler-evidence.ts'
import { type Channel, readChannels } from '../../beat/replication/channel.ts'
import { readLogFilters } from '../../beat/replication/filter-result.ts'
import type { TableFilters } from '../../beat/replication/table-filter.ts'
import { readServerWriting, type ServerWriting } from '../../beat/server-writing.ts'
import type { MysqlConfig } from '../../config.ts'
import { connectMysql, type MysqlConnection } from '../../connect/connection.ts'
import type { Account } from '../../connect/quoting.ts'
import { serverIdOf } from '../../connect/server-id.ts'
import type { ServerVersion } from '../../connect/server-version.ts'
import { inspectLog } from '../../inspect/inspect.ts'
import { logHistory } from '../../inspect/log-history.ts'
import { type Retention, readRetention } from '../../inspect/retention.ts'
import { readServerFacts, type ServerFacts } from '../../inspect/server-facts.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../../position/position.ts'
import { readFileHead } from '../../read/file-head.ts'
import { readSelectGrants, type SelectGrants } from '../../tables/select-grants.ts'
import { watchedTables } from '../../tables/watched-table.ts'
import { type Cascade, readCascades } from './cascade.ts'
import { type LogReaders, readLogReaders } from './other-readers.ts'
import { evidenceSession } from './refused-piece.ts'
import { logsCascades, readSettings, type Settings } from './settings.ts'
import { readWatchable, type WatchableTable } from './watchable-table.ts'

/** Everything that the checks use. It is gathered once, piece by piece; see `evidenceOf`. */
export interface Evidence {
  readonly source: string
  readonly config: MysqlConfig
  readonly signs: Signs
  /** By our own clock, like the times in `signs`. */
  readonly nowMs: number
  /** The source is at risk if its runway is shorter. */
  readonly atRiskMs: number
  /** The server that is read. */
  readonly target: ServerTarget
  readonly version: ServerVersion
  readonly account: Account
  readonly facts: ServerFacts
  /** The same inspection as in `status`; the error if the inspection fails. */
  readonly state: LogState | OffbeatError
  readonly settings: Settings
  readonly retention: Retention
  readonly selects: SelectGrants
  /** Why the log cannot be requested; null: it can. */
  readonly dump: OffbeatError | null
  /** Filters of the log that the server writes. */
  readonly logFilters: TableFilters
  /** Empty: the server is no replica. */
  readonly channels: readonly Channel[]
  readonly readers: LogReaders
  readonly writing: ServerWriting
  readonly heartbeat: HeartbeatTable
  /** null: no event of the database writes the heartbeats. */
  readonly scheduler: SchedulerSight | null
  readonly watchable: readonly WatchableTable[]
  readonly cascades: readonly Cascade[]
}

/**
 * Only reads, over one connection, plus one that tries to request the log, and one to the primary for an event. What a query fails to read is marked as unseen, and the rest is
 * gathered all the same. Rejects only if the connection cannot be opened or breaks.
 */
export async function gatherEvidence(
  config: MysqlConfig,
  context: CheckContext,
  signal: AbortSignal,
): Promise<Evidence> {
  const { signs, source, clock, atRiskMs } = context
  await using connection = await connectMysql(config, { source, use: 'inspect', signal })
  const { account } = connection
  const { piece } = gathererOver(evidenceSession(connection, account))
  const positions = config.kind === 'mysql' ? MYSQL_POSITIONS : MARIADB_POSITIONS
  const about = { connection, source, signal, history: logHistory(config, context), disk: new DiskLimit(config.disk) }
  const writing = await piece('whether clients can write', () => readServerWriting(connection, signal))
  const settings = await piece('the settings', () => readSettings(connection, signal))
  const watchable = await piece('the tables', () => readWatchable(connection, signal))
  return evidenceOf<Evidence>({
    source: { seen: source },
    config: { seen: config },
    signs: { seen: signs },
    nowMs: { seen: clock.nowMs() },
    atRiskMs: { seen: atRiskMs },
    target: { seen: connection.target },
    version: { seen: connection.version },
    account: { seen: account },
    readers: await piece('the other readers of the log', () =>
      readLogReaders(connection, { name: `offbeat ${source}`, serverId: serverIdOf(source, config) }, signal),
    ),
    facts: await piece('the server', () => readServerFacts(connection, signal)),
    state: await piece('the log', () =>
      inspectedLog(context, positions, connection, (offset) => inspectLog({ ...about, offset })),
    ),
    settings,
    retention: await piece('the retention', () => readRetention(connection, signal)),
    selects: await piece("the user's grants", () => readSelectGrants(connection, signal)),
    logFilters: await piece('the filters of the log', () => readLogFilters(connection, signal)),
    channels: await piece('the replication', () => readChannels(connection, signal)),
    writing,
    heartbeat: await piece('the heartbeat table', () => readHeartbeatFacts(connection, config, signal)),
    scheduler: await after(writing, (seen) =>
      piece('the event scheduler', async () =>
        config.heartbeat.source.by === 'database' ? await inspectScheduler(config, seen, source, signal) : null,
      ),
    ),
    watchable,
    cascades: await after(settings, (known) =>
      after(watchable, (tables) => {
        const toRead = logsCascades(known) ? [] : tables.filter(canCascade(config))
        return piece('the foreign keys', () => readCascades(connection, toRead, signal))
      }),
    ),
    dump: { seen: await tryDump(config, connection, context, signal) },
  })
}

/** The definitions of other tables are of no use, or not visible. */
function canCascade(config: MysqlConfig): (table: WatchableTable) => boolean {
  const isWatched = watchedTables(config)
  return ({ database, name, mayRead, isTransactional }) => isTransactional && mayRead && isWatched(database, name)
}

/** Requests the oldest file, as a reader would, and reads its first event. */
async function tryDump(
  config: MysqlConfig,
  like: MysqlConnection,
  { source, clock }: CheckContext,
  signal: AbortSignal,
): Promise<OffbeatError | null> {
  try {
    const about = { source: `${source} (inspection)`, use: 'log', signal } as const
    await using connection = await connectMysql(onlyHost(config, like.target), about)
    await readFileHead(connection, '', clock, signal)
    return null
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof OffbeatError) return error
    throw error
  }
}
