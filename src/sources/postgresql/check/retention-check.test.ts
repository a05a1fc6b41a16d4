import { expect, test } from 'vitest'
import { logState } from '../../../../test/support/log-state.ts'
import { OffbeatError } from '../../../model/error.ts'
import type { Evidence } from './evidence.ts'
import { keepSizeCheck } from './retention-check.ts'

const GB = 1024 ** 3

/** What the check looks at of a server that keeps so much; `bytesPerMs` of its log are written. */
function fixOf(keeps: number, state: Evidence['state'], bytesPerMs: number | null = null): string {
  const evidence = {
    use: { settings: new Map([['max_slot_wal_keep_size', String(keeps)]]) },
    state,
    signs: { bytesPerMs },
    config: { connection: { database: 'shop' }, heartbeat: { source: { intervalMs: 3_600_000 } } },
    facts: { head: '40/0', slot: { restartLsn: '38/0' } },
  }
  return keepSizeCheck.look(evidence as unknown as Evidence)?.fix[0]?.run ?? ''
}

test('what is printed never lowers the limit, nor below what ours or another slot holds', () => {
  const held = BigInt(GB)
  expect(fixOf(50 * GB, logState({ heldBytes: held }), 6000)).toBe("ALTER SYSTEM SET max_slot_wal_keep_size = '100GB'")
  const failed = new OffbeatError('POSTGRES_ONLY_STANDBY', { message: 'no look' })
  expect(fixOf(-1, failed)).toBe("ALTER SYSTEM SET max_slot_wal_keep_size = '128GB'")
  const other = {
    kind: 'slot',
    name: 'other',
    sinceMs: null,
    heldBytes: 200n * BigInt(GB),
    details: {},
    fix: '',
  } as const
  const blocked = logState({ heldBytes: held, blockers: [other] })
  expect(fixOf(-1, blocked)).toBe("ALTER SYSTEM SET max_slot_wal_keep_size = '400GB'")
})
