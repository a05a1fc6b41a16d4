import type { Clock } from '../../../../model/clock.ts'
import type { StatementOptions } from '../../../connect/session-life.ts'
import { numberOf, type TextRow } from '../../../connect/text-row.ts'
import type { PostgresConnection } from '../../connect/connection.ts'
import { quoteLiteral } from '../../connect/quoting.ts'
import { inBaseUnit } from '../../inspect/limits.ts'
import type { ServerFacts } from '../../inspect/server-facts.ts'
import { readSettingOrigins, type SettingOrigin } from '../../inspect/setting-origin.ts'

export interface RoleFacts {
  /** The role whose privileges apply to our statements. */
  readonly name: string
  /** The session's default, before our own setting. */
  readonly readOnly: boolean
  /** Where the settings of our user's sessions are set. A setting that no `ALTER ROLE` and no `ALTER DATABASE` sets is absent. */
  readonly origins: ReadonlyMap<string, SettingOrigin>
}

export interface ServerUse {
  readonly slots: number
  readonly senders: number
  /**
   * Values in the setting's own base unit: bytes, milliseconds, a count, or text. A setting that we cannot see, or that the version does
   * not have, is absent.
   */
  readonly settings: ReadonlyMap<string, string>
  /** The client that reads our slot; null: none, or it gives no name. */
  readonly holder: SlotHolder | null
  /** 17 and later: the slot is also kept on standbys; null: no slot, or an older server. */
  readonly failover: boolean | null
  /** 17 and later: the slots in `synchronized_standby_slots`. A failover slot's reader is never ahead of their standbys. */
  readonly synchronized: readonly SynchronizedSlot[]
}

export interface SlotHolder {
  readonly application: string
  readonly user: string
  /** When it connected, by our own clock; null: not visible to us. */
  readonly sinceMs: number | null
}

export interface SynchronizedSlot {
  readonly name: string
  /** Why a failover slot's stream waits for it; null: its standby is connected. */
  readonly holds: 'missing' | 'logical' | 'lost' | 'inactive' | null
}

/** The session settings that the checks judge and that a role or a database can set. */
const SESSION_SETTINGS = ['default_transaction_read_only', 'wal_sender_timeout']

export async function readRoleFacts(connection: PostgresConnection, options: StatementOptions): Promise<RoleFacts> {
  const [row] = await connection.query(
    `SELECT (reset_val = 'on')::text AS read_only FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only'`,
    [],
    options,
  )
  const origins = await readSettingOrigins(connection, SESSION_SETTINGS, options)
  return { name: connection.role, readOnly: row?.['read_only'] === 'true', origins }
}

const SETTINGS = [
  'max_replication_slots',
  'max_wal_senders',
  'wal_sender_timeout',
  'max_slot_wal_keep_size',
  'idle_replication_slot_timeout',
  'hot_standby_feedback',
]

export async function readServerUse(
  connection: PostgresConnection,
  { slot }: ServerFacts,
  clock: Pick<Clock, 'nowMs'>,
  options: StatementOptions,
): Promise<ServerUse> {
  const rows = await connection.query(
    `SELECT name, setting, unit FROM pg_catalog.pg_settings WHERE name IN (${SETTINGS.map(quoteLiteral).join(', ')})`,
    [],
    options,
  )
  const [use] = await connection.query(
    `SELECT (SELECT count(*) FROM pg_catalog.pg_replication_slots)::text AS slots,
       (SELECT count(*) FROM pg_catalog.pg_stat_replication)::text AS senders`,
    [],
    options,
  )
  const [ours] = await connection.query(
    `SELECT a.application_name AS application, a.usename::text AS user,
       (extract(epoch FROM clock_timestamp() - a.backend_start) * 1000)::bigint::text AS age_ms, (to_jsonb(s) ->> 'failover') AS failover
     FROM pg_catalog.pg_replication_slots s LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = s.active_pid
     WHERE s.slot_name = ${quoteLiteral(slot?.name ?? '')}`,
    [],
    options,
  )
  const askedAtMs = clock.nowMs()
  const synchronized = await connection.query(SYNCHRONIZED, [], options)
  const application = ours?.['application'] ?? null
  const ageMs = numberOf(ours, 'age_ms')
  const failover = ours?.['failover'] ?? null
  return {
    slots: Number(use?.['slots'] ?? 0),
    senders: Number(use?.['senders'] ?? 0),
    settings: new Map(rows.map((row) => [row['name'] ?? '', inBaseUnit(row['setting'] ?? '', row['unit'] ?? '')])),
    holder:
      application === null
        ? null
        : {
            application,
            user: ours?.['user'] ?? '',
            sinceMs: ageMs === null ? null : askedAtMs - ageMs,
          },
    failover: failover === null ? null : failover === 'true',
    synchronized: synchronized.map((row) => ({ name: row['name'] ?? '', holds: whyItHolds(row) })),
  }
}

const SYNCHRONIZED = `
  SELECT n.name, s.slot_type AS type, s.active::text, (s.wal_status = 'lost')::text AS lost
  FROM (SELECT lower(btrim(name, ' "')) AS name, at
    FROM unnest(string_to_array(current_setting('synchronized_standby_slots', true), ',')) WITH ORDINALITY u (name, at)) n
  LEFT JOIN pg_catalog.pg_replication_slots s ON s.slot_name = n.name
  WHERE n.name <> '' ORDER BY n.at`

/** Follows the server's own decision (`StandbySlotsHaveCaughtup`). */
function whyItHolds(row: TextRow): SynchronizedSlot['holds'] {
  if ((row['type'] ?? null) === null) return 'missing'
  if (row['type'] === 'logical') return 'logical'
  if (row['lost'] === 'true') return 'lost'
  return row['active'] === 'true' ? null : 'inactive'
}
