import type { SlotFacts } from './server-facts.ts'

const KEEP = "ALTER SYSTEM SET max_slot_wal_keep_size = '<more>';  -- so that it does not happen again"
const IDLE = "ALTER SYSTEM SET idle_replication_slot_timeout = '<longer>';  -- or let the connector rest for less"
const FEEDBACK =
  'ALTER SYSTEM SET hot_standby_feedback = on;  -- on the standby, with a slot of its own in primary_slot_name'
const LEVEL = 'ALTER SYSTEM SET wal_level = logical;  -- on the primary, then restart it'

/** `invalidation_reason` of 17 and later. */
const REASONS: { readonly [reason: string]: { readonly found: string; readonly prevention: readonly string[] } } = {
  wal_removed: { found: 'wal_removed: behind by more than max_slot_wal_keep_size', prevention: [KEEP] },
  idle_timeout: { found: 'idle for longer than idle_replication_slot_timeout', prevention: [IDLE] },
  rows_removed: {
    found: 'rows_removed: the primary has removed rows of the catalog that decoding here needs',
    prevention: [FEEDBACK],
  },
  wal_level_insufficient: {
    found: 'wal_level_insufficient: wal_level of the primary was lowered',
    prevention: [LEVEL],
  },
}

/** How the slot was lost, and what keeps it from happening again; null: it was not. */
export function invalidation(
  slot: SlotFacts,
): { readonly found: string; readonly prevention: readonly string[] } | null {
  const { invalidationReason: reason } = slot
  if (reason !== null) return REASONS[reason] ?? { found: reason, prevention: [] }
  if (slot.conflicting) return { found: 'conflicting with recovery on this standby', prevention: [FEEDBACK] }
  if (slot.walStatus !== 'lost') return null
  return { found: 'wal_status lost: behind by more than max_slot_wal_keep_size', prevention: [KEEP] }
}
