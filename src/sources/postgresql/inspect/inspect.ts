import { behindBy } from '../../../model/behind.ts'
import { OffbeatError } from '../../../model/error.ts'
import { inDatabase } from '../../../model/fix.ts'
import type { LogState, Resume } from '../../../model/log-state.ts'
import type { Offset } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import { onlyHost } from '../../connect/host-order.ts'
import { DiskLimit, diskLimits } from '../../disk-limit.ts'
import { refusedResume } from '../../loss.ts'
import type { Context } from '../../source.ts'
import type { PostgresqlConfig } from '../config.ts'
import { connectPostgres, type PostgresConnection } from '../connect/connection.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { quoteIdentifier } from '../connect/quoting.ts'
import { lsnToBigint } from '../position.ts'
import { checkResume } from '../resume/slot-check.ts'
import { fetchTimelineHistory, needsHistory, presentTimeline, type TimelineHistory } from '../resume/timeline.ts'
import { checkSegments } from '../resume/wal-removed.ts'
import { findBlockers } from './blockers.ts'
import { databasesOnDisk, logOnDisk } from './disk.ts'
import { limitsOf, readSettings } from './limits.ts'
import { type Rights, readRights, replicationDenied, whyUnwritable } from './rights.ts'
import { identityOf, readServerFacts, type ServerFacts } from './server-facts.ts'
import { readWalDirectory, type WalDirectory } from './wal-directory.ts'

/** The input of an inspection. */
export interface Inspection {
  readonly connection: PostgresConnection
  readonly config: PostgresqlConfig
  readonly context: Pick<Context, 'source'>
  /** Returns the offset that is stored at the time of the call. */
  readonly offset: () => Offset | null
  readonly signal: AbortSignal
  /** A transaction or an idle slot that retains log is reported after this time; default 5 minutes. */
  readonly blockerAfterMs?: number
  /** Report the first words of the statements of the blocking sessions, never a value in them. */
  readonly queries?: boolean
  /** What is expensive to measure, reused from one inspection to the next. */
  readonly disk?: DiskLimit
}

/** The same, with the offset as it was at the start. */
interface StartedInspection extends Omit<Inspection, 'offset'> {
  readonly offset: Offset | null
  readonly latest: () => Offset | null
}

/** A standby's upstream is rarely promoted. If the timeline changes this many times during one inspection, something else is wrong. */
const MOST_READS = 3

type Unseen = LogState['unseen'][number]

/** Inspects the log, the slot and the offset once. Only reads, needs no privilege, and names the grant that would show more. */
export async function inspectLog(inspection: Inspection): Promise<LogState> {
  const started = { ...inspection, offset: inspection.offset(), latest: inspection.offset }
  const { connection, config, offset, signal } = started
  const facts = await presentFacts(started)
  const sees = await readRights(connection, { signal })
  const settings = await readSettings(connection, { signal })
  const wal = sees.walDirectory ? await readWalDirectory(connection, settings.segmentBytes, { signal }) : null
  const { blockerAfterMs: afterMs = 300_000, queries = false } = started
  const blockers = await findBlockers(connection, { facts, afterMs, queries, signal })
  const held = distance(facts.slot?.restartLsn ?? null, facts)
  const disk = (started.disk ?? new DiskLimit(config.disk)).of(
    logOnDisk(wal, held),
    () => databasesOnDisk(connection, { signal }),
    facts.atMs,
  )
  const limits = [...limitsOf(facts, settings, held), ...diskLimits(await disk, settings.slotKeepBytes !== null)]
  const lag = distance(offset?.position ?? facts.slot?.confirmedFlushLsn ?? null, facts)
  const system = facts.systemIdentifier
  return {
    atMs: facts.atMs,
    server: identityOf(facts),
    run: { system, run: `${system}/${facts.timeline}${facts.standby ? ' standby' : ''} since ${settings.startedAt}` },
    head: {
      name: facts.standby ? 'replayed' : 'written',
      shown: String(facts.head),
      position: facts.head,
      atMs: facts.atMs,
    },
    writtenBytes: lsnToBigint(facts.head),
    heldBytes: held,
    behind: behindBy(lag),
    lagBytes: lag,
    lagMs: null,
    limits,
    blockers,
    resume: await resumeOf(started, facts, sees, settings.keepsLogElsewhere ? null : wal),
    unwritable: await whyUnwritable(connection, config, { signal }),
    unseen: unseenBy(sees, connection.role),
  }
}

/**
 * A standby reports the timeline of its last checkpoint. That can be older than the offset's, or predate a promotion upstream. The timeline
 * that it replays now is read over another connection. So it counts only if it is the same before and after the other facts are read.
 */
async function presentFacts({ connection, config, context, offset, signal }: StartedInspection): Promise<ServerFacts> {
  const facts = await readServerFacts(connection, config, { signal })
  const ours = offset?.server?.['timeline'] ?? null
  if (!facts.standby || ours === null || ours === String(facts.timeline)) return facts
  await using replication = await connectPostgres(onlyHost(config, connection.target), {
    source: context.source,
    use: 'log',
    signal,
  })
  for (let reads = 0; reads < MOST_READS; reads++) {
    const timeline = await presentTimeline(replication, { signal })
    const now = await readServerFacts(connection, config, { signal })
    if (!now.standby) return now
    if (timeline === (await presentTimeline(replication, { signal }))) return { ...now, timeline }
  }
  throw new OffbeatError('POSTGRES_STANDBY_PROMOTED', {
    message: 'the timeline of the standby changed at each inspection',
    expected: 'a timeline that stays the same for a moment',
  })
}

function distance(from: Position | null, facts: ServerFacts): bigint | null {
  if (from === null) return null
  const bytes = lsnToBigint(facts.head) - lsnToBigint(from)
  return bytes < 0n ? 0n : bytes
}

function unseenBy(sees: Rights, role: string): readonly Unseen[] {
  const fix = inDatabase(`GRANT pg_monitor TO ${quoteIdentifier(role)}`, SUPERUSER)
  return [
    ...(sees.walDirectory ? [] : [{ what: 'the oldest log segment on disk', fix }]),
    ...(sees.allStats ? [] : [{ what: "other users' transactions", fix }]),
  ]
}

/** `wal`: the directory with all of the log, if we are allowed to see it. */
async function resumeOf(
  started: StartedInspection,
  facts: ServerFacts,
  rights: Rights,
  wal: WalDirectory | null,
): Promise<Resume> {
  const { config, context } = started
  const history = await historyFor(started, facts)
  const check = (offset: Offset | null) => checkResume({ source: context.source, config, facts, offset, history })
  const asGiven = check(started.offset)
  const moved =
    asGiven.can === 'no' && asGiven.error.code === 'POSTGRES_SLOT_AHEAD' ? movedMeanwhile(started, facts) : null
  const finding = moved === null ? asGiven : check(moved)
  if (finding.can === 'no') return refusal(started, finding.error)
  const removed = await missingSegment(started, facts, wal)
  if (removed !== null) return refusal(started, removed)
  return rights.replication ? finding : replicationDenied(config)
}

/** Reports a missing segment only if the slot, read again after the files, still needs it. */
async function missingSegment(
  { connection, config, context, offset, signal }: StartedInspection,
  facts: ServerFacts,
  wal: WalDirectory | null,
): Promise<OffbeatError | null> {
  if (offset === null || wal === null) return null
  const about = { source: context.source, config, offset }
  if (checkSegments({ ...about, facts }, wal) === null) return null
  const { slot } = await readServerFacts(connection, config, { signal })
  return checkSegments({ ...about, facts: { ...facts, slot } }, wal)
}

function refusal({ connection }: StartedInspection, error: OffbeatError): Resume {
  // From 18 on, a server streams without its publication and omits every row. A standby that is read because no primary answered may only
  // be late.
  return refusedResume(error, error.code === 'POSTGRES_PUBLICATION_MISSING' && !connection.isFallback)
}

/**
 * An offset is stored before it is acknowledged to the server. So an offset that is read after the slot is never behind a slot of ours. It
 * can be beyond the end of the log that we saw. What counts is that the slot's own position has been stored.
 */
function movedMeanwhile({ latest }: StartedInspection, { slot }: ServerFacts): Offset | null {
  const offset = latest()
  const confirmed = slot?.confirmedFlushLsn ?? null
  if (offset === null || confirmed === null || lsnToBigint(confirmed) > lsnToBigint(offset.position)) return null
  return { ...offset, position: confirmed }
}

/** Only a replication connection can read the history, so one is opened briefly if the server's timeline is later than the offset's. */
async function historyFor(
  { connection, config, context, offset, signal }: StartedInspection,
  facts: ServerFacts,
): Promise<TimelineHistory | null> {
  if (!needsHistory(offset, facts)) return null
  await using replication = await connectPostgres(onlyHost(config, connection.target), {
    source: context.source,
    use: 'log',
    signal,
  })
  return await fetchTimelineHistory(replication, facts.timeline, { signal })
}
