import type { Limit, LogState, Mark, Resume } from '../../model/log-state.ts'
import type { Offset } from '../../model/offset.ts'
import type { Position } from '../../model/position.ts'
import type { Context } from '../source.ts'
import { findBlockers } from './blockers.ts'
import type { PostgresqlConfig } from './config.ts'
import { connectPostgres, type PostgresConnection, type StatementOptions } from './connection.ts'
import { quoteIdentifier } from './errors.ts'
import { lsnFromBigint, lsnToBigint } from './position.ts'
import { identityOf, lookAtServer, type ServerFacts, slotDetails } from './server-facts.ts'
import { onlyHost } from './side-connection.ts'
import { checkResume } from './slot-check.ts'
import { fetchTimelineHistory, type TimelineHistory } from './timeline.ts'

export interface Look {
  readonly connection: PostgresConnection
  readonly config: PostgresqlConfig
  readonly context: Pick<Context, 'source'>
  readonly offset: Offset | null
  readonly signal: AbortSignal
  /** A transaction or an idle slot that holds the log is named after this time; default 5 minutes. */
  readonly blockerAfterMs?: number
}

type Unseen = LogState['unseen'][number]

/** One look at the log, the slot and the offset: only reads, needs no privilege, and says which one would show more. */
export async function inspectLog(look: Look): Promise<LogState> {
  const { connection, config, offset, signal } = look
  const facts = await lookAtServer(connection, config, { signal })
  const sees = await privileges(connection, { signal })
  const settings = await readSettings(connection, { signal })
  const segment = sees.walDirectory ? await oldestSegment(connection, settings.segmentBytes, { signal }) : null
  const blockers = await findBlockers(connection, { facts, afterMs: look.blockerAfterMs ?? 300_000, signal })
  const held = distance(facts.slot?.restartLsn ?? null, facts)
  return {
    atMs: facts.atMs,
    server: identityOf(facts),
    head: { name: facts.standby ? 'replayed' : 'written', position: facts.head, atMs: facts.atMs },
    oldest: [...slotMark(facts), ...(segment === null ? [] : [segment])],
    writtenBytes: lsnToBigint(facts.head),
    heldBytes: held,
    lagBytes: distance(offset?.position ?? facts.slot?.confirmedFlushLsn ?? null, facts),
    limits: limitsOf(facts, settings, held),
    blockers,
    resume: await resumeOf(look, facts),
    unseen: unseenBy(sees, config),
    details: {
      version: facts.version,
      wal_level: facts.walLevel,
      ...(facts.slot === null ? { slot: null } : slotDetails(facts.slot)),
    },
  }
}

function distance(from: Position | null, facts: ServerFacts): bigint | null {
  if (from === null) return null
  const bytes = lsnToBigint(facts.head) - lsnToBigint(from)
  return bytes < 0n ? 0n : bytes
}

function slotMark({ slot }: ServerFacts): readonly Mark[] {
  if (slot?.restartLsn === null || slot === null) return []
  return [{ name: `slot ${slot.name}`, position: slot.restartLsn, atMs: null }]
}

interface Privileges {
  readonly walDirectory: boolean
  readonly allStats: boolean
}

async function privileges(connection: PostgresConnection, options: StatementOptions): Promise<Privileges> {
  const [row] = await connection.query(
    `SELECT has_function_privilege('pg_catalog.pg_ls_waldir()', 'EXECUTE')::text AS waldir,
       pg_has_role('pg_read_all_stats', 'USAGE')::text AS stats`,
    [],
    options,
  )
  return { walDirectory: row?.['waldir'] === 'true', allStats: row?.['stats'] === 'true' }
}

function unseenBy(sees: Privileges, config: PostgresqlConfig): readonly Unseen[] {
  const grant = `GRANT pg_monitor TO ${quoteIdentifier(config.connection.user)}`
  return [
    ...(sees.walDirectory ? [] : [{ what: 'the oldest log segment on disk', grant }]),
    ...(sees.allStats ? [] : [{ what: "other users' transactions", grant }]),
  ]
}

interface Settings {
  readonly segmentBytes: number
  /** null: no limit, or a version without it. */
  readonly slotKeepBytes: number | null
  readonly idleTimeoutMs: number | null
}

const UNITS: { readonly [unit: string]: number } = {
  B: 1,
  kB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

async function readSettings(connection: PostgresConnection, options: StatementOptions): Promise<Settings> {
  const rows = await connection.query(
    `SELECT name, setting, unit FROM pg_catalog.pg_settings
     WHERE name IN ('wal_segment_size', 'max_slot_wal_keep_size', 'idle_replication_slot_timeout')`,
    [],
    options,
  )
  const read = (name: string) => {
    const row = rows.find((candidate) => candidate['name'] === name)
    return row === undefined ? null : Number(row['setting']) * (UNITS[row['unit'] ?? ''] ?? 1)
  }
  const keep = read('max_slot_wal_keep_size')
  const idle = read('idle_replication_slot_timeout')
  return {
    segmentBytes: read('wal_segment_size') ?? 16 * 1024 ** 2,
    slotKeepBytes: keep === null || keep < 0 ? null : keep,
    idleTimeoutMs: idle === null || idle <= 0 ? null : idle,
  }
}

function limitsOf(facts: ServerFacts, settings: Settings, held: bigint | null): readonly Limit[] {
  const limits: Limit[] = []
  if (settings.slotKeepBytes !== null && held !== null) {
    limits.push({
      name: 'max_slot_wal_keep_size',
      unit: 'bytes',
      keeps: settings.slotKeepBytes,
      used: Number(held),
      certain: true,
    })
  }
  if (settings.idleTimeoutMs !== null && facts.slot !== null) {
    const { inactiveSinceMs, activePid } = facts.slot
    const used = activePid !== null || inactiveSinceMs === null ? 0 : Math.max(0, facts.atMs - inactiveSinceMs)
    limits.push({
      name: 'idle_replication_slot_timeout',
      unit: 'ms',
      keeps: settings.idleTimeoutMs,
      used,
      certain: true,
    })
  }
  return limits
}

/** A segment's name: timeline, then the number of its first byte in two parts, eight hex digits each. */
async function oldestSegment(
  connection: PostgresConnection,
  segmentBytes: number,
  options: StatementOptions,
): Promise<Mark | null> {
  const [row] = await connection.query(
    `SELECT name, round(extract(epoch FROM modification) * 1000)::bigint::text AS at_ms FROM pg_catalog.pg_ls_waldir()
     WHERE name ~ '^[0-9A-F]{24}$' ORDER BY substr(name, 9), name LIMIT 1`,
    [],
    options,
  )
  const name = row?.['name'] ?? null
  if (name === null) return null
  const first = (BigInt(`0x${name.slice(8, 16)}`) << 32n) + BigInt(`0x${name.slice(16)}`) * BigInt(segmentBytes)
  return { name: `segment ${name}`, position: lsnFromBigint(first), atMs: Number(row?.['at_ms'] ?? 0) }
}

async function resumeOf(look: Look, facts: ServerFacts): Promise<Resume> {
  const { config, context, offset } = look
  const finding = checkResume({ source: context.source, config, facts, offset, history: await historyFor(look, facts) })
  if (finding.can === 'yes') return finding
  // What a retry may mend says nothing about our place: the look itself has failed.
  if (finding.error.retry) throw finding.error
  const { code, message, found, expected, details, fix } = finding.error
  return { can: 'no', code, evidence: { message, found, expected, ...details }, choices: fix }
}

/** Only a replication connection tells the history, so one is opened for a moment where the timeline has grown. */
async function historyFor(
  { connection, config, context, offset, signal }: Look,
  facts: ServerFacts,
): Promise<TimelineHistory | null> {
  const server = offset?.server ?? null
  if (server === null || server['systemIdentifier'] !== facts.systemIdentifier) return null
  if (facts.timeline <= Number(server['timeline'])) return null
  await using replication = await connectPostgres(onlyHost(config, connection.target), {
    source: context.source,
    replication: true,
    signal,
  })
  return await fetchTimelineHistory(replication, facts.timeline, { signal })
}
