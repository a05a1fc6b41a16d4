import { text } from '../../../connect/text-row.ts'
import type { RowFacts } from '../../../heartbeat/facts.ts'
import { type SchedulerSight as Sight, sightOfScheduler } from '../../../heartbeat/scheduler-sight.ts'
import type { MysqlConfig } from '../../config.ts'
import { connectMysql, type MysqlConnection } from '../../connect/connection.ts'
import type { Account } from '../../connect/quoting.ts'
import type { ServerVersion } from '../../connect/server-version.ts'
import { type HeartbeatAccess, readHeartbeatAccess } from '../heartbeat-access.ts'
import { readHeartbeatRow } from '../heartbeat-evidence.ts'
import { readServerWriting, type ServerWriting } from '../server-writing.ts'
import { type EventSight, readEvents } from './event-evidence.ts'

export type SchedulerSight = Sight<Scheduler>

/** The event scheduler of one server, as our user sees it. */
export interface Scheduler {
  /** Our user on the server that was inspected. */
  readonly account: Account
  readonly address: string
  readonly version: ServerVersion
  readonly writing: ServerWriting
  readonly serverId: string
  /** `DISABLED`: it was turned off at the start of the server, and no statement turns it on. */
  readonly state: 'ON' | 'OFF' | 'DISABLED'
  /** null: while the scheduler is DISABLED, MariaDB shows no events. */
  readonly events: EventSight | null
  /** What our user can do with the heartbeat table there. */
  readonly access: HeartbeatAccess
  /** The row on that server; null: there is no table, or we cannot read it now. */
  readonly row: RowFacts | null
}

/** For `primary`, which may no longer exist. */
const CONNECT_TIMEOUT_MS = 2000

/** Only reads. `writing`: of the server that is read. */
export async function inspectScheduler(
  config: MysqlConfig,
  writing: ServerWriting,
  source: string,
  signal: AbortSignal,
): Promise<SchedulerSight> {
  return await sightOfScheduler(config, {
    isReplica: writing.isReplica,
    identity: (at) => identityAt(at, source, signal),
    read: (at) => readAt(at, source, signal),
  })
}

/** Of MariaDB, which has no identity of its own, the name of its host and its port too. */
async function identityAt(config: MysqlConfig, source: string, signal: AbortSignal): Promise<unknown> {
  await using connection = await connectMysql(config, {
    source,
    use: 'inspect',
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    signal,
  })
  const columns = config.kind === 'mysql' ? '@@GLOBAL.server_uuid' : '@@GLOBAL.server_id, @@hostname, @@GLOBAL.port'
  const [row = {}] = await connection.query(`SELECT ${columns}`, [], { signal })
  return Object.values(row)
}

async function readAt(config: MysqlConfig, source: string, signal: AbortSignal): Promise<Scheduler> {
  await using connection = await connectMysql(config, { source, use: 'inspect', signal })
  const [server = {}] = await connection.query(
    'SELECT @@GLOBAL.event_scheduler AS state, @@GLOBAL.server_id AS server_id',
    [],
    { signal },
  )
  const state = stateOf(text(server, 'state'))
  const access = await readHeartbeatAccess(connection, config, signal)
  const row = await readHeartbeatRow(connection, config, access, signal)
  const events = await eventsOf(connection, config, state, signal)
  const writing = await readServerWriting(connection, signal)
  const runsHere = events?.events.some(({ status }) => status === 'ENABLED') === true && writing.readOnly.length === 0
  return {
    account: access.account,
    version: connection.version,
    address: `${connection.target.host}:${connection.target.port}`,
    // In a ring of primaries each follows another one, and events run on all of them.
    writing: { ...writing, isReplica: writing.isReplica && !runsHere },
    serverId: text(server, 'server_id'),
    state,
    events,
    access,
    row: row === 'locked' ? null : row,
  }
}

function stateOf(value: string): Scheduler['state'] {
  return value === 'ON' || value === 'DISABLED' ? value : 'OFF'
}

async function eventsOf(
  connection: MysqlConnection,
  config: MysqlConfig,
  state: Scheduler['state'],
  signal: AbortSignal,
): Promise<EventSight | null> {
  if (state === 'DISABLED' && connection.version.product === 'mariadb') return null
  return await readEvents(connection, config, signal)
}
