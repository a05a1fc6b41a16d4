import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { MovedBy } from '../model/offset.ts'
import { LedgerWriter } from './ledger-writer.ts'
import { migrate } from './schema.ts'

const MINUTE_MS = 60_000

/** Moves offsets in steps of one, starting at 0, and returns the ledger as 'by from>to' lines. */
function ledgerOf(moves: readonly (readonly [MovedBy, number])[]): string[] {
  using db = new DatabaseSync(':memory:')
  migrate(db, 'x')
  const ledger = new LedgerWriter(db)
  for (const [i, [by, atMs]] of moves.entries()) ledger.write('shop', { by, why: by, atMs }, String(i), String(i + 1))
  const rows = db.prepare('select * from ledger order by id').all()
  return rows.map((row) => `${row['moved_by']} ${row['from_position']}>${row['to_position']} @${row['at_ms']}`)
}

describe('the ledger', () => {
  it('keeps the first and the last commit of a minute', () => {
    const at = [0, 1, 2, 59_999, MINUTE_MS, MINUTE_MS + 1]
    expect(ledgerOf(at.map((atMs) => ['commit', atMs]))).toEqual([
      'commit 0>1 @0',
      'commit 1>4 @59999',
      'commit 4>5 @60000',
      'commit 5>6 @60001',
    ])
  })

  it('keeps every move that is not a plain commit, in the order they happened', () => {
    const moves = ['commit', 'commit', 'commit', 'progress', 'commit', 'pulse', 'commit', 'operator'] as const
    expect(ledgerOf(moves.map((by, i) => [by, i]))).toEqual([
      'commit 0>1 @0',
      'progress 3>4 @3',
      'pulse 5>6 @5',
      'commit 6>7 @6',
      'operator 7>8 @7',
    ])
  })

  it('has no row for an offset that stays where it is, but for the operator’s', () => {
    using db = new DatabaseSync(':memory:')
    migrate(db, 'x')
    const ledger = new LedgerWriter(db)
    ledger.write('shop', { by: 'progress', why: '', atMs: 0 }, '0/1', '0/1')
    ledger.write('shop', { by: 'operator', why: '', atMs: 0 }, '0/1', '0/1')
    expect(db.prepare('select moved_by from ledger').all()).toEqual([{ moved_by: 'operator' }])
  })
})
