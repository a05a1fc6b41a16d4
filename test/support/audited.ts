import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { waitFor } from './wait-for.ts'

/** One row's change as its transaction and kind: `751 c`. */
export type Step = string

export interface DeliveredChange {
  /** Grows with each change. */
  readonly seq: number
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
  /** The changes visible in the store now, after the one with this number if it is given. Empty if there is no store yet. */
  changes(afterSeq?: number): readonly DeliveredChange[]
  delivered(): readonly Step[]
  /** The table's rows as `id sha256(pad)`, by id. */
  rows(): Promise<readonly string[]>
  connect(): Promise<EntryWriter>
  /** Inserts a row in a transaction of its own. */
  insert(pad: string): Promise<void>
}

/** What was seen in the store at several times. Each time only what is new is read: all of it takes seconds after a long run. */
export class Sightings {
  readonly #audited: Audited
  readonly #seen: DeliveredChange[] = []
  readonly #lengths: number[] = []

  constructor(audited: Audited) {
    this.#audited = audited
  }

  /** Remembers what is visible now. Returns how many changes that are. */
  see(): number {
    for (const change of this.#audited.changes(this.#seen.at(-1)?.seq)) this.#seen.push(change)
    if (this.#lengths.at(-1) !== this.#seen.length) this.#lengths.push(this.#seen.length)
    return this.#seen.length
  }

  /** Waits until more is visible than now. */
  async more(until: string): Promise<void> {
    const before = this.see()
    await waitFor({ until }, () => this.see() > before)
  }

  expectWholeTransactions(committed: readonly Step[]): void {
    const seen = this.#seen.map(({ step }) => step)
    expectSame(seen, committed.slice(0, seen.length))
    const whole = (length: number) =>
      transactionOf(committed[length] ?? '') !== transactionOf(committed[length - 1] ?? '')
    expect(this.#lengths.filter((length) => length > 0 && !whole(length))).toEqual([])
  }
}

/**
 * Checks that no change is lost or repeated, that the order is the commit order, that the messages produce the table's rows, and that what
 * was seen in the store meanwhile was always whole transactions from the beginning on.
 */
export async function expectAllDelivered(audited: Audited, sightings?: Sightings): Promise<void> {
  const committed = await audited.committed()
  const delivered = audited.changes()
  expectSame(
    delivered.map(({ step }) => step),
    committed,
  )
  expectSame(replay(delivered), await audited.rows())
  sightings?.expectWholeTransactions(committed)
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

/**
 * The changes that the store's view `message` shows. `transaction`: the field of the envelope's source block that names it. `after` is an
 * object, or the text of one.
 */
export function readDelivered(
  path: string,
  topic: string,
  transaction: 'txId' | 'gtid' | 'ts',
  afterSeq = -1,
): readonly DeliveredChange[] {
  if (!existsSync(path)) return []
  using db = new DatabaseSync(path, { readOnly: true, timeout: 60_000 })
  const view = db.prepare("SELECT sql FROM sqlite_master WHERE type = 'view' AND name = 'message'").get()?.['sql']
  // A batch becomes visible as a whole, so one that begins before what was seen has nothing new. The view alone would read all of them.
  const fresh = `${String(view).replace(/^create view message as/iu, '')} AND chunk.batch_seq > ?`
  const rows = db.prepare(
    `SELECT seq, value ->> '$.source.${transaction}' AS tx, value ->> '$.op' AS op, key ->> '$.id' AS id,
       value ->> '$.after' ->> '$.pad' AS pad
     FROM (${fresh}) WHERE topic = ? AND value IS NOT NULL AND seq > ? ORDER BY seq`,
  )
  return rows.all(afterSeq, topic, afterSeq).map(({ seq, tx, op, id, pad }) => ({
    seq: Number(seq),
    step: `${String(tx)} ${String(op)}`,
    id: String(id),
    pad: typeof pad === 'string' ? pad : '',
  }))
}

/** Waits for the first offset. What was committed before it is not delivered. */
export async function readsFromNow({ storePath }: Pick<Audited, 'storePath'>): Promise<void> {
  await waitFor({ until: 'the first offset is stored' }, () => {
    if (!existsSync(storePath)) return false
    using db = new DatabaseSync(storePath, { readOnly: true, timeout: 60_000 })
    const tables = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'source'").all()
    return tables.length > 0 && db.prepare('SELECT 1 FROM source WHERE position IS NOT NULL').all().length > 0
  })
}
