import { bytesInWords } from '../../../model/figures.ts'
import { type Fix, forPerson, inDatabase } from '../../../model/fix.ts'
import type { Limit } from '../../../model/log-state.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import { largerDisk } from '../../disk-limit.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import type { ServerFacts } from './server-facts.ts'

/** What the server is set to retain, and since when it has been running. */
export interface ServerSettings {
  readonly segmentBytes: number
  /** null: no limit. */
  readonly slotKeepBytes: number | null
  readonly walKeepBytes: number
  /** null: no limit, or a version without this setting. */
  readonly idleTimeoutMs: number | null
  readonly startedAt: string
  /** A service that stores the log outside `pg_wal` and reads from there what the server's disk does not have: Neon, Aurora, AlloyDB. */
  readonly keepsLogElsewhere: boolean
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

/** Recognizes such a service by a setting or a function that only it has. */
const LOG_ELSEWHERE = `(current_setting('neon.tenant_id', true) IS NOT NULL OR to_regproc('aurora_version') IS NOT NULL
  OR current_setting('alloydb.logical_decoding', true) IS NOT NULL)::text`

/**
 * A value of pg_settings in bytes or milliseconds. A value without a unit is returned as it is, and so is a negative one, which means no
 * limit.
 */
export function inBaseUnit(setting: string, unit: string): string {
  const factor = UNITS[unit]
  return factor === undefined || Number(setting) < 0 ? setting : String(Number(setting) * factor)
}

export async function readSettings(connection: PostgresConnection, options: StatementOptions): Promise<ServerSettings> {
  const rows = await connection.query(
    `SELECT name, setting, unit, pg_postmaster_start_time()::text AS started, ${LOG_ELSEWHERE} AS elsewhere
     FROM pg_catalog.pg_settings
     WHERE name IN ('wal_segment_size', 'max_slot_wal_keep_size', 'wal_keep_size', 'idle_replication_slot_timeout')`,
    [],
    options,
  )
  const read = (name: string) => {
    const row = rows.find((candidate) => candidate['name'] === name)
    return row === undefined ? null : Number(inBaseUnit(row['setting'] ?? '', row['unit'] ?? ''))
  }
  const keep = read('max_slot_wal_keep_size')
  const idle = read('idle_replication_slot_timeout')
  return {
    segmentBytes: read('wal_segment_size') ?? 16 * 1024 ** 2,
    slotKeepBytes: keep === null || keep < 0 ? null : keep,
    walKeepBytes: read('wal_keep_size') ?? 0,
    idleTimeoutMs: idle === null || idle <= 0 ? null : idle,
    startedAt: rows[0]?.['started'] ?? '',
    keepsLogElsewhere: rows[0]?.['elsewhere'] === 'true',
  }
}

export function limitsOf(facts: ServerFacts, settings: ServerSettings, held: bigint | null): readonly Limit[] {
  const idle = idleLimit(facts, settings)
  return [keepLimit(facts, settings, held), ...(idle === null ? [] : [idle])]
}

/** The server counts in whole segments and uses the larger of two settings, so its own figure is used if it reports one. */
function keepLimit(facts: ServerFacts, settings: ServerSettings, held: bigint | null): Limit {
  const base = { name: 'max_slot_wal_keep_size', unit: 'bytes', certain: true, ends: 'offset lost' } as const
  if (settings.slotKeepBytes === null) {
    const because = [
      'max_slot_wal_keep_size is -1: the server never invalidates the slot, and the retained log grows until the disk is full',
    ]
    return { ...base, keeps: Number.POSITIVE_INFINITY, used: Number(held ?? 0n), because }
  }
  const keeps = Math.max(settings.slotKeepBytes, settings.walKeepBytes)
  const safe = facts.slot?.safeWalSizeBytes ?? null
  if (safe === null) return { ...base, keeps, used: Number(held ?? 0n), because: [] }
  const status =
    facts.slot?.walStatus === 'unreserved'
      ? '; wal_status is unreserved: the next checkpoint can invalidate the slot'
      : ''
  const because = [`safe_wal_size of the slot is ${bytesInWords(safe)}${status}`]
  return { ...base, keeps, used: Math.max(0, keeps - safe), because }
}

/** The timeout counts only while nobody reads the slot. With a reader, all of it is left. */
function idleLimit(facts: ServerFacts, settings: ServerSettings): Limit | null {
  if (settings.idleTimeoutMs === null || facts.slot === null) return null
  const { inactiveSinceMs, activePid } = facts.slot
  const reading = activePid !== null || inactiveSinceMs === null
  const because = reading
    ? 'it counts only while no client reads the slot: from when the connector stops'
    : `no client has read the slot since ${new Date(inactiveSinceMs).toISOString().slice(0, 19)}Z`
  return {
    name: 'idle_replication_slot_timeout',
    unit: 'ms',
    keeps: settings.idleTimeoutMs,
    used: reading ? 0 : Math.max(0, facts.atMs - inactiveSinceMs),
    certain: true,
    ends: 'offset lost',
    because: [because],
  }
}

/** Fixes that raise the limit to at least `value`, in the limit's own unit, with what each one requires. */
export function raiseLimit(name: string, value: number): readonly Fix[] {
  switch (name) {
    case 'max_slot_wal_keep_size':
      return [
        inDatabase(`ALTER SYSTEM SET max_slot_wal_keep_size = '${Math.ceil(value / 1024 ** 3)}GB'`, SUPERUSER),
        inDatabase('SELECT pg_reload_conf()', SUPERUSER),
        forPerson('the disk must have that much space; on a managed service set this parameter in its console'),
      ]
    case 'idle_replication_slot_timeout':
      return [
        inDatabase(`ALTER SYSTEM SET idle_replication_slot_timeout = '${Math.ceil(value / 3_600_000)}h'`, SUPERUSER),
        inDatabase('SELECT pg_reload_conf()', SUPERUSER),
        forPerson('on a managed service set this parameter in its console'),
      ]
    default:
      return largerDisk(name, value, 'pg_wal') ?? []
  }
}
