import { inspectedLog } from '../../../../doctor/checks/log-state.ts'
import { after, gathererOver } from '../../../../doctor/checks/piece.ts'
import type { OffbeatError } from '../../../../model/error.ts'
import type { LogState } from '../../../../model/log-state.ts'
import { type CheckContext, evidenceOf, type Signs } from '../../../check.ts'
import { type HeartbeatTable, readHeartbeatFacts } from '../../beat/heartbeat-evidence.ts'
import { inspectScheduler, type SchedulerSight } from '../../beat/job/scheduler-evidence.ts'
import { readStandbyFacts, type StandbyFacts } from '../../beat/job/standby-replay.ts'
import type { PostgresqlConfig } from '../../config.ts'
import { connectPostgres } from '../../connect/connection.ts'
import { tryReplication } from '../../connect/replication-trial.ts'
import { inspectLog } from '../../inspect/inspect.ts'
import { readServerFacts, type ServerFacts } from '../../inspect/server-facts.ts'
import { LSN_POSITIONS } from '../../position.ts'
import { type RefusingTable, readRefusals } from '../../tables/change-refusal.ts'
import type { PublicationInput } from '../../tables/publication-check.ts'
import { publishedOf } from '../../tables/publication-check.ts'
import { type KeyDefect, readKeys } from './key-evidence.ts'
import { evidenceSession } from './refused-piece.ts'
import { type RoleFacts, readRoleFacts, readServerUse, type ServerUse } from './role-evidence.ts'
import { readWatchable, type WatchableTable } from './table-evidence.ts'

/** Everything that the checks use. It is gathered once, piece by piece; see `evidenceOf`. */
export interface Evidence {
  readonly source: string
  readonly config: PostgresqlConfig
  readonly signs: Signs
  /** By our own clock, like the times in `signs`. */
  readonly nowMs: number
  readonly facts: ServerFacts
  /** The same inspection as in `status`; the error if the inspection fails. */
  readonly state: LogState | OffbeatError
  readonly role: RoleFacts
  /** Why a replication connection cannot be opened; null: it can. */
  readonly replication: OffbeatError | null
  readonly use: ServerUse
  readonly heartbeat: HeartbeatTable
  /** null: there is no publication. */
  readonly published: PublicationInput | null
  /** Every table that can be published. */
  readonly watchable: readonly WatchableTable[]
  /** The tables among them whose updates and deletes the server refuses once they are published. */
  readonly refusing: readonly RefusingTable[]
  /** Of the published tables. */
  readonly keys: readonly KeyDefect[]
  /** null: the server is a primary. */
  readonly standby: StandbyFacts | null
  /** null: no job of the database's scheduler writes the heartbeats. */
  readonly scheduler: SchedulerSight | null
}

/** Another session's lock on a catalog or a table must not use up the time of the inspection. */
const LOCK_TIMEOUT = '2s'

/**
 * `blockerAfterMs`: see `Inspection`. Only reads, over one connection, plus one to the primary for a scheduled job. What a query fails to
 * read is marked as unseen, and the rest is gathered all the same. Rejects only if the connection cannot be opened or breaks.
 */
export async function gatherEvidence(
  config: PostgresqlConfig,
  context: CheckContext,
  signal: AbortSignal,
  blockerAfterMs?: number,
): Promise<Evidence> {
  const { signs, source, clock } = context
  const settings = { lock_timeout: LOCK_TIMEOUT }
  await using connection = await connectPostgres(config, { source, use: 'inspect', signal, settings })
  const { piece } = gathererOver(evidenceSession(connection))
  const about = { signal, ...(blockerAfterMs === undefined ? {} : { blockerAfterMs }) }
  const facts = await piece('the server and the slot', () => readServerFacts(connection, config, { signal }))
  const withFacts = <T>(what: string, gather: (facts: ServerFacts) => Promise<T>) =>
    after(facts, (seen) => piece(what, () => gather(seen)))
  return evidenceOf<Evidence>({
    source: { seen: source },
    config: { seen: config },
    signs: { seen: signs },
    nowMs: { seen: clock.nowMs() },
    facts,
    state: await piece('the log', () =>
      inspectedLog(context, LSN_POSITIONS, connection, (offset) =>
        inspectLog({ connection, config, context, offset, ...about }),
      ),
    ),
    role: await piece("the user's settings", () => readRoleFacts(connection, { signal })),
    use: await withFacts('the slots and WAL senders in use', (seen) =>
      readServerUse(connection, seen, clock, { signal }),
    ),
    heartbeat: await piece('the heartbeat table', () => readHeartbeatFacts(connection, config, { signal })),
    published: await withFacts('the published tables', (seen) => publishedOf(connection, config, seen, signal)),
    watchable: await piece('the tables of the database', () => readWatchable(connection, { signal })),
    refusing: await piece('the replica identities', () => readRefusals(connection, config.publication, { signal })),
    keys: await piece('the keys', () => readKeys(connection, config.publication, { signal })),
    standby: await withFacts('the standby', async (seen) =>
      seen.standby ? await readStandbyFacts(connection, { signal }) : null,
    ),
    scheduler: await withFacts('the scheduler', async (seen) =>
      config.heartbeat.source.by === 'database' ? await inspectScheduler(config, seen, source, signal) : null,
    ),
    // Last, so that its connection is not among the WAL senders that are counted.
    replication: { seen: await tryReplication(config, connection.target, source, signal) },
  })
}
