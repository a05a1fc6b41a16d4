import { expect, test } from 'vitest'
import { logState } from '../../../../test/support/log-state.ts'
import { OffbeatError } from '../../../model/error.ts'
import { LSN_POSITIONS } from '../position.ts'
import type { Evidence } from './evidence/evidence.ts'
import { keepSizeCheck } from './retention-check.ts'

const GB = 1024 ** 3
const { parse } = LSN_POSITIONS

/** What the check reads from a server that keeps this much; `bytesPerMs` of its log are written. */
function resultOf(keeps: number, state: Evidence['state'], bytesPerMs: number | null = null) {
  const evidence = {
    use: { settings: new Map([['max_slot_wal_keep_size', String(keeps)]]) },
    state,
    signs: { bytesPerMs },
    config: { connection: { database: 'shop' }, heartbeat: { source: { intervalMs: 3_600_000 } } },
    facts: { head: parse('40/0'), slot: { restartLsn: parse('38/0') }, commandLine: [], alterSystem: true },
  }
  return keepSizeCheck.run(evidence as unknown as Evidence)
}

function fixOf(...about: Parameters<typeof resultOf>): string {
  return resultOf(...about)?.fix[0]?.text ?? ''
}

test('for a full disk, what our slot retains of it is reported, and when nothing is left', () => {
  const state = logState({ heldBytes: 157n * 1024n ** 2n })
  expect(resultOf(-1, state)).toMatchObject({
    status: 'warn',
    found: expect.stringMatching(/; 157 MB are retained now$/u),
  })
  const used = resultOf(64 * 1024 ** 2, state, 6000)
  const found =
    'max_slot_wal_keep_size = 64 MB, of which 157 MB are used; nothing is left: the next checkpoint can invalidate the slot'
  expect(used).toMatchObject({ status: 'fail', found })
})

test('what is printed never lowers the limit, nor below what ours or another slot holds', () => {
  const held = BigInt(GB)
  expect(fixOf(50 * GB, logState({ heldBytes: held }), 6000)).toBe("ALTER SYSTEM SET max_slot_wal_keep_size = '100GB'")
  const failed = new OffbeatError('POSTGRES_ONLY_STANDBY', { message: 'not inspected' })
  expect(fixOf(-1, failed)).toBe("ALTER SYSTEM SET max_slot_wal_keep_size = '128GB'")
  const other = {
    kind: 'slot',
    name: 'other',
    sinceMs: null,
    holds: 'log',
    heldBytes: 200n * BigInt(GB),
    details: {},
    fix: [],
  } as const
  const blocked = logState({ heldBytes: held, blockers: [other] })
  expect(fixOf(-1, blocked)).toBe("ALTER SYSTEM SET max_slot_wal_keep_size = '400GB'")
})
