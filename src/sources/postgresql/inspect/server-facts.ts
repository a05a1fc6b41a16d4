import { OffbeatError } from '../../../model/error.ts'
import type { JsonObject } from '../../../model/json.ts'
import type { ServerIdentity } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import { numberOf, type TextRow, text } from '../../connect/text-row.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { type QualifiedName, quoteLiteral } from '../connect/quoting.ts'
import { LSN_POSITIONS } from '../position.ts'
import { FROM_TABLES, tableNames } from '../tables/table-name.ts'
import { SETTING_CONTROL, type SettingControl, settingControl } from './setting-origin.ts'

/** The facts about the server that decide whether and how we can read. Every role can see them. */
export interface ServerFacts extends SettingControl {
  readonly systemIdentifier: string
  readonly timeline: number
  /** e.g. 180003 */
  readonly version: number
  readonly standby: boolean
  /** As configured. */
  readonly walLevel: string
  /**
   * The log can be decoded. From 19 on, the first logical slot turns decoding on if `wal_level` is `replica`; a standby follows its
   * primary.
   */
  readonly canDecode: boolean
  readonly database: string
  /** The end of the log: written on a primary, replayed on a standby. */
  readonly head: Position
  readonly atMs: number
  /** `max_slot_wal_keep_size` in MB; -1: no limit. */
  readonly slotKeepMb: number
  /** `idle_replication_slot_timeout`, 18 and later; 0: no limit. */
  readonly slotIdleSeconds: number
  readonly slot: SlotFacts | null
  /** The other slots of this database that use pgoutput and can be read, newest position first. */
  readonly siblings: readonly { readonly name: string; readonly confirmedFlushLsn: Position }[]
  readonly publication: PublicationFacts | null
  /** If there is no publication: the tables that one can contain. */
  readonly candidates: readonly QualifiedName[]
}

export interface SlotFacts {
  readonly name: string
  /** null: a physical slot. */
  readonly plugin: string | null
  readonly database: string | null
  readonly activePid: number | null
  readonly restartLsn: Position | null
  readonly confirmedFlushLsn: Position | null
  readonly walStatus: string | null
  readonly safeWalSizeBytes: number | null
  /** 17 and later. */
  readonly inactiveSinceMs: number | null
  readonly invalidationReason: string | null
  /** 16 and later: the slot is on a standby and was invalidated because the primary removed rows that it needs. */
  readonly conflicting: boolean
  /** 17 and later: the slot is also kept on standbys. */
  readonly failover: boolean
  /** 17 and later: a standby's copy of a slot of its primary, which cannot be read before a promotion. */
  readonly synced: boolean
  /** The slot sends a prepared transaction at its PREPARE. */
  readonly twoPhase: boolean
  /** The slot is dropped at the end of the session that created it. */
  readonly temporary: boolean
}

export interface PublicationFacts {
  readonly allTables: boolean
  /** 19 and later: the tables that a publication of all tables leaves out. */
  readonly except: readonly QualifiedName[]
  readonly inserts: boolean
  readonly updates: boolean
  readonly deletes: boolean
  readonly truncates: boolean
}

const FIRST_VERSION = 140000
/** The catalogs that are read exist from 13 on. Of an older server, only its version is reported. */
const FIRST_KNOWN_CATALOG = 130000

/** `version`: as in `server_version_num`; null: the version is supported. */
export function tooOld(version: number): OffbeatError | null {
  if (version >= FIRST_VERSION) return null
  return new OffbeatError('DATABASE_VERSION', {
    message: 'the server is too old: Offbeat reads PostgreSQL 14 and newer',
    found: `version ${Math.floor(version / 10_000)}`,
    expected: 'version 14 or newer',
  })
}

/** Whether the log can be decoded. `effective_wal_level` exists from 19 on. */
export const CAN_DECODE = `coalesce(current_setting('effective_wal_level', true), current_setting('wal_level')) = 'logical'
    OR current_setting('server_version_num')::int >= 190000 AND current_setting('wal_level') = 'replica' AND NOT pg_is_in_recovery()`

const SERVER = `
  SELECT system_identifier::text AS system_identifier,
    current_setting('server_version_num') AS version,
    pg_is_in_recovery()::text AS standby,
    current_setting('wal_level') AS wal_level,
    (${CAN_DECODE})::text AS can_decode,
    current_database()::text AS database,
    CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id::text FROM pg_control_checkpoint())
      ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int::text END AS timeline,
    CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text AS head,
    round(extract(epoch FROM clock_timestamp()) * 1000)::bigint::text AS at_ms,
    ${SETTING_CONTROL},
    (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'max_slot_wal_keep_size') AS slot_keep_mb,
    (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'idle_replication_slot_timeout') AS slot_idle_seconds
  FROM pg_control_system()`

const slotQuery = (name: string) =>
  `SELECT to_json(s)::text AS slot,
     round(extract(epoch FROM (to_jsonb(s) ->> 'inactive_since')::timestamptz) * 1000)::bigint::text AS inactive_since_ms
   FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = ${quoteLiteral(name)}`

const siblingsQuery = (name: string) =>
  `SELECT slot_name::text AS name, confirmed_flush_lsn::text AS at FROM pg_catalog.pg_replication_slots
   WHERE plugin = 'pgoutput' AND database = current_database() AND slot_name <> ${quoteLiteral(name)}
     AND NOT temporary AND wal_status <> 'lost' AND confirmed_flush_lsn IS NOT NULL ORDER BY confirmed_flush_lsn DESC`

const publicationQuery = (name: string) =>
  `SELECT puballtables::text, pubinsert::text, pubupdate::text, pubdelete::text, pubtruncate::text,
     (SELECT jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', c.relname)) FROM pg_catalog.pg_publication_rel r
       JOIN pg_catalog.pg_class c ON c.oid = r.prrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE r.prpubid = p.oid AND to_jsonb(r) -> 'prexcept' = 'true')::text AS except
   FROM pg_catalog.pg_publication p WHERE pubname = ${quoteLiteral(name)}`

/** Uses the simple protocol, so a replication connection works too. */
export async function readServerFacts(
  connection: PostgresConnection,
  config: Pick<PostgresqlConfig, 'slot' | 'publication'>,
  options: StatementOptions,
): Promise<ServerFacts> {
  const [server] = await connection.query(SERVER, [], options)
  if (server === undefined)
    throw new OffbeatError('DEFECT', { message: 'the inspection of the server returned no row' })
  const version = Number(text(server, 'version'))
  const refused = version < FIRST_KNOWN_CATALOG ? tooOld(version) : null
  if (refused !== null) throw refused
  const [slot] = await connection.query(slotQuery(config.slot), [], options)
  const siblings = await connection.query(siblingsQuery(config.slot), [], options)
  const [publication] = await connection.query(publicationQuery(config.publication), [], options)
  return {
    systemIdentifier: text(server, 'system_identifier'),
    timeline: Number(text(server, 'timeline')),
    version,
    standby: text(server, 'standby') === 'true',
    walLevel: text(server, 'wal_level'),
    canDecode: text(server, 'can_decode') === 'true',
    database: text(server, 'database'),
    head: LSN_POSITIONS.parse(text(server, 'head')),
    atMs: Number(text(server, 'at_ms')),
    slotKeepMb: Number(text(server, 'slot_keep_mb')),
    slotIdleSeconds: Number(server['slot_idle_seconds'] ?? 0),
    ...settingControl(server),
    slot: slot === undefined ? null : slotFacts(slot),
    siblings: siblings.map((row) => ({
      name: text(row, 'name'),
      confirmedFlushLsn: LSN_POSITIONS.parse(text(row, 'at')),
    })),
    publication: publication === undefined ? null : publicationFacts(publication),
    candidates: publication === undefined ? await candidates(connection, options) : [],
  }
}

async function candidates(
  connection: PostgresConnection,
  options: StatementOptions,
): Promise<readonly QualifiedName[]> {
  const rows = await connection.query(
    `SELECT n.nspname::text AS schema, c.relname::text AS name ${FROM_TABLES} ORDER BY 1, 2`,
    [],
    options,
  )
  return rows.map((row) => ({ schema: text(row, 'schema'), name: text(row, 'name') }))
}

export function identityOf(facts: Pick<ServerFacts, 'systemIdentifier' | 'timeline'>): ServerIdentity {
  return { systemIdentifier: facts.systemIdentifier, timeline: String(facts.timeline) }
}

function slotFacts(row: TextRow): SlotFacts {
  const slot: unknown = JSON.parse(text(row, 'slot'))
  const field = (name: string): unknown => (typeof slot === 'object' && slot !== null ? Reflect.get(slot, name) : null)
  const words = (name: string) => {
    const value = field(name)
    return typeof value === 'string' ? value : null
  }
  const figure = (name: string) => {
    const value = field(name)
    return typeof value === 'number' ? value : null
  }
  const lsn = (name: string) => {
    const value = words(name)
    return value === null ? null : LSN_POSITIONS.parse(value)
  }
  return {
    name: words('slot_name') ?? '',
    plugin: words('plugin'),
    database: words('database'),
    activePid: figure('active_pid'),
    restartLsn: lsn('restart_lsn'),
    confirmedFlushLsn: lsn('confirmed_flush_lsn'),
    walStatus: words('wal_status'),
    safeWalSizeBytes: figure('safe_wal_size'),
    inactiveSinceMs: numberOf(row, 'inactive_since_ms'),
    invalidationReason: words('invalidation_reason'),
    // 16 reports a conflict for every slot that it invalidated. A slot that fell behind has no restart_lsn any more.
    conflicting: field('conflicting') === true && lsn('restart_lsn') !== null,
    failover: field('failover') === true,
    synced: field('synced') === true,
    twoPhase: field('two_phase') === true,
    temporary: field('temporary') === true,
  }
}

function publicationFacts(row: TextRow): PublicationFacts {
  const flag = (name: string) => row[name] === 'true'
  return {
    allTables: flag('puballtables'),
    except: tableNames(row['except'] ?? '[]'),
    inserts: flag('pubinsert'),
    updates: flag('pubupdate'),
    deletes: flag('pubdelete'),
    truncates: flag('pubtruncate'),
  }
}

/** The slot's figures for messages and for an error's details. */
export function slotDetails(slot: SlotFacts): JsonObject {
  return {
    slot: slot.name,
    plugin: slot.plugin,
    database: slot.database,
    active_pid: slot.activePid,
    restart_lsn: slot.restartLsn?.toString() ?? null,
    confirmed_flush_lsn: slot.confirmedFlushLsn?.toString() ?? null,
    wal_status: slot.walStatus,
    safe_wal_size: slot.safeWalSizeBytes,
    inactive_since: slot.inactiveSinceMs === null ? null : new Date(slot.inactiveSinceMs).toISOString(),
    invalidation_reason: slot.invalidationReason,
    conflicting: slot.conflicting,
  }
}
