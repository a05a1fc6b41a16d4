import { type Fix, inDatabase } from '../../../model/fix.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import type { ServerFacts, SlotFacts } from '../inspect/server-facts.ts'

type Bounds = Pick<ServerFacts, 'slotKeepMb' | 'slotIdleSeconds'>

interface Invalidation {
  readonly found: string
  /** Fixes that prevent the same invalidation later. */
  readonly prevention: (bounds: Bounds) => readonly Fix[]
}

const RELOAD = inDatabase('SELECT pg_reload_conf()', SUPERUSER)

/** Twice the limit that was too small, and at least what the doctor advises. */
function keepMore({ slotKeepMb }: Bounds): readonly Fix[] {
  const gb = Math.max(10, Math.ceil((2 * slotKeepMb) / 1024))
  if (slotKeepMb < 0) return []
  return [
    inDatabase(`ALTER SYSTEM SET max_slot_wal_keep_size = '${gb}GB'`, SUPERUSER, {
      note: 'or what the disk can spare',
    }),
    RELOAD,
  ]
}

function restLonger({ slotIdleSeconds }: Bounds): readonly Fix[] {
  const days = Math.max(7, Math.ceil((2 * slotIdleSeconds) / 86_400))
  if (slotIdleSeconds === 0) return []
  return [
    inDatabase(`ALTER SYSTEM SET idle_replication_slot_timeout = '${days}d'`, SUPERUSER, {
      note: 'or stop the connector for less time',
    }),
    RELOAD,
  ]
}

const giveFeedback = () => [
  inDatabase('ALTER SYSTEM SET hot_standby_feedback = on', SUPERUSER, {
    note: 'on the standby, with its own slot in primary_slot_name',
  }),
  RELOAD,
]
const logAll = () => [
  inDatabase('ALTER SYSTEM SET wal_level = logical', SUPERUSER, { note: 'on the primary, then restart it' }),
]

/** Version 16 does not report which of the two it was. */
const CONFLICT: Invalidation = {
  found:
    'conflicting with recovery on this standby: the primary has removed rows of the catalog that decoding here needs (rows_removed), or its wal_level was lowered (wal_level_insufficient)',
  prevention: () => [...giveFeedback(), ...logAll()],
}

/** The values of `invalidation_reason`, 17 and later. */
const REASONS: { readonly [reason: string]: Invalidation } = {
  wal_removed: { found: 'wal_removed: behind by more than max_slot_wal_keep_size', prevention: keepMore },
  idle_timeout: { found: 'idle for longer than idle_replication_slot_timeout', prevention: restLonger },
  rows_removed: {
    found: 'rows_removed: the primary has removed rows of the catalog that decoding here needs',
    prevention: giveFeedback,
  },
  wal_level_insufficient: {
    found: 'wal_level_insufficient: wal_level of the primary was lowered',
    prevention: logAll,
  },
}

/** Why the slot was invalidated; null: it was not. */
export function invalidation(slot: SlotFacts): Invalidation | null {
  const { invalidationReason: reason } = slot
  if (reason !== null) return REASONS[reason] ?? { found: reason, prevention: () => [] }
  if (slot.conflicting) return CONFLICT
  if (slot.walStatus !== 'lost') return null
  return { found: 'wal_status lost: behind by more than max_slot_wal_keep_size', prevention: keepMore }
}
