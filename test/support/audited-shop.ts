import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import type { PostgresServer } from './postgresql.ts'
import { openShop, type Shop } from './shop.ts'

/** One row's change as its transaction and kind: `751 c`. */
type Step = string

/**
 * A shop with a table `entry`. Every change of it is checked: what the server committed, as a slot of the test's own shows it, against what
 * the store's view `message` shows. Disposing disposes the shop.
 */
export interface AuditedShop extends AsyncDisposable {
  readonly shop: Shop
  readonly storePath: string
  /** The changes committed since the shop was opened, in commit order. */
  committed(): Promise<readonly Step[]>
  /** The changes visible in the store now. Empty if there is no store yet. */
  delivered(): readonly Step[]
}

interface Delivered {
  readonly step: Step
  readonly id: string
  /** Empty for a deleted row. */
  readonly pad: string
}

const ENTRY = `
  CREATE TABLE entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, pad text);
  CREATE PUBLICATION audit_pub FOR TABLE entry`

const OP: Readonly<Record<string, string>> = { I: 'c', U: 'u', D: 'd' }

export async function openAuditedShop(server: PostgresServer): Promise<AuditedShop> {
  const shop = await openShop(server)
  await shop.sql(ENTRY)
  const auditSlot = `${shop.slot}_w`
  await shop.sql(`SELECT pg_create_logical_replication_slot('${auditSlot}', 'pgoutput')`)
  const storePath = shop.folder.file('offbeat.db')
  return {
    shop,
    storePath,
    committed: async () => {
      const rows = await shop.sql(
        `SELECT xid::text, chr(get_byte(data, 0)) AS kind FROM pg_logical_slot_peek_binary_changes('${auditSlot}', NULL, NULL,
           'proto_version', '1', 'publication_names', 'audit_pub') WHERE get_byte(data, 0) IN (68, 73, 85)`,
      )
      return rows.map(({ xid, kind }) => `${String(xid)} ${OP[String(kind)] ?? '?'}`)
    },
    delivered: () => readDelivered(storePath).map(({ step }) => step),
    [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose](),
  }
}

/**
 * Checks that no change is lost or repeated, that the order is the commit order, that the messages produce the table's rows, and that what
 * was seen in the store meanwhile was always whole transactions from the beginning on.
 */
export async function expectAllDelivered(audited: AuditedShop, seen: readonly (readonly Step[])[] = []): Promise<void> {
  const committed = await audited.committed()
  const delivered = readDelivered(audited.storePath)
  expectSame(
    delivered.map(({ step }) => step),
    committed,
  )
  const rows = await audited.shop.sql("SELECT id || ' ' || md5(pad) AS row FROM entry ORDER BY entry.id")
  expectSame(
    replay(delivered),
    rows.map(({ row }) => String(row)),
  )
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

/** The rows that the messages produce, in the form `id || ' ' || md5(pad)` as the server computes it, by id. */
function replay(delivered: readonly Delivered[]): readonly string[] {
  const rows = new Map<string, string>()
  for (const { step, id, pad } of delivered) {
    if (step.endsWith('d')) rows.delete(id)
    else rows.set(id, createHash('md5').update(pad).digest('hex'))
  }
  return [...rows].sort(([a], [b]) => Number(a) - Number(b)).map(([id, hash]) => `${id} ${hash}`)
}

function readDelivered(path: string): readonly Delivered[] {
  if (!existsSync(path)) return []
  using db = new DatabaseSync(path, { readOnly: true, timeout: 60_000 })
  const rows = db.prepare(
    `SELECT value ->> '$.source.txId' AS tx, value ->> '$.op' AS op, key ->> '$.id' AS id, value ->> '$.after.pad' AS pad
     FROM message WHERE topic = 'shop.public.entry' AND value IS NOT NULL ORDER BY seq`,
  )
  return rows.all().map(({ tx, op, id, pad }) => ({
    step: `${String(tx)} ${String(op)}`,
    id: String(id),
    pad: typeof pad === 'string' ? pad : '',
  }))
}
