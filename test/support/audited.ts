import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { waitFor } from './wait-for.ts'

/** One row's change as its transaction and kind: `751 c`. */
export type Step = string

export interface DeliveredChange {
  readonly step: Step
  readonly id: string
  /** Empty for a deleted row. */
  readonly pad: string
}

/** A connection that writes to the table `entry`. Disposing closes it. */
export interface EntryWriter extends AsyncDisposable {
  /**
   * Commits one transaction: inserts rows whose `pad` has this many bytes, updates the first of them, and deletes the second if there is
   * one.
   */
  transaction(rows: number, bytes: number): Promise<void>
}

/**
 * A database with a table `entry` (`id`, `pad`), and a folder in which `offbeat.yaml` has it as the source `shop`. Every change of the table
 * is checked: what the server committed, by its own account, against what the store shows.
 */
export interface Audited extends AsyncDisposable {
  readonly folder: { readonly path: string }
  readonly storePath: string
  /** The changes committed since the table was created, in commit order. */
  committed(): Promise<readonly Step[]>
  /** The changes visible in the store now. Empty if there is no store yet. */
  changes(): readonly DeliveredChange[]
  delivered(): readonly Step[]
  /** The table's rows as `id sha256(pad)`, by id. */
  rows(): Promise<readonly string[]>
  connect(): Promise<EntryWriter>
  /** Inserts a row in a transaction of its own. */
  insert(pad: string): Promise<void>
}

/**
 * Checks that no change is lost or repeated, that the order is the commit order, that the messages produce the table's rows, and that what
 * was seen in the store meanwhile was always whole transactions from the beginning on.
 */
export async function expectAllDelivered(audited: Audited, seen: readonly (readonly Step[])[] = []): Promise<void> {
  const committed = await audited.committed()
  const delivered = audited.changes()
  expectSame(
    delivered.map(({ step }) => step),
    committed,
  )
  expectSame(replay(delivered), await audited.rows())
  for (const steps of seen) expectWholeBeginning(steps, committed)
}

function expectWholeBeginning(steps: readonly Step[], committed: readonly Step[]): void {
  expectSame(steps, committed.slice(0, steps.length))
  const next = committed[steps.length]
  if (next !== undefined) expect(transactionOf(next)).not.toBe(transactionOf(steps.at(-1) ?? ''))
}

function transactionOf(step: Step): string {
  return step.split(' ')[0] ?? ''
}

/** Compares two lists. The failure message is short, however long the lists are. */
function expectSame(found: readonly string[], wanted: readonly string[]): void {
  const at = found.findIndex((each, index) => each !== wanted[index])
  expect({ length: found.length, at, found: found[at] }).toEqual({ length: wanted.length, at: -1 })
}

/** The rows that the messages produce, in the form `id sha256(pad)`, by id. */
function replay(delivered: readonly DeliveredChange[]): readonly string[] {
  const rows = new Map<string, string>()
  for (const { step, id, pad } of delivered) {
    if (step.endsWith('d')) rows.delete(id)
    else rows.set(id, createHash('sha256').update(pad).digest('hex'))
  }
  return [...rows].sort(([a], [b]) => Number(a) - Number(b)).map(([id, hash]) => `${id} ${hash}`)
}

/** The changes that the store's view `message` shows. `transaction`: the field of the envelope's source block that names it. */
export function readDelivered(path: string, topic: string, transaction: 'txId' | 'gtid'): readonly DeliveredChange[] {
  if (!existsSync(path)) return []
  using db = new DatabaseSync(path, { readOnly: true, timeout: 60_000 })
  const rows = db.prepare(
    `SELECT value ->> '$.source.${transaction}' AS tx, value ->> '$.op' AS op, key ->> '$.id' AS id,
       value ->> '$.after.pad' AS pad
     FROM message WHERE topic = ? AND value IS NOT NULL ORDER BY seq`,
  )
  return rows.all(topic).map(({ tx, op, id, pad }) => ({
    step: `${String(tx)} ${String(op)}`,
    id: String(id),
    pad: typeof pad === 'string' ? pad : '',
  }))
}

/**
 * Waits until more is delivered than `before`. Reading all messages of a long run takes seconds, in which the proxy of this process passes
 * nothing, so they are read only when the newest visible one is another.
 */
export async function untilMoreThan(before: number, audited: Audited, until: string): Promise<void> {
  let known = -1
  await waitFor({ until }, () => {
    const newest = newestVisible(audited)
    if (newest === known) return false
    known = newest
    return audited.delivered().length > before
  })
}

function newestVisible({ storePath }: Audited): number {
  if (!existsSync(storePath)) return 0
  using db = new DatabaseSync(storePath, { readOnly: true, timeout: 60_000 })
  return Number(db.prepare('SELECT max(visible_seq) AS newest FROM source').get()?.['newest'] ?? 0)
}

/** Waits for the first offset. What was committed before it is not delivered. */
export async function readsFromNow({ storePath }: Audited): Promise<void> {
  await waitFor({ until: 'the first offset is stored' }, () => {
    if (!existsSync(storePath)) return false
    using db = new DatabaseSync(storePath, { readOnly: true, timeout: 60_000 })
    const tables = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'source'").all()
    return tables.length > 0 && db.prepare('SELECT 1 FROM source WHERE position IS NOT NULL').all().length > 0
  })
}
