import { resolve } from 'node:path'
import { type Audited, type EntryWriter, readDelivered } from './audited.ts'
import type { PostgresServer } from './postgresql.ts'
import { openShop, type Shop } from './shop.ts'

/** A PostgreSQL shop with the audited table. A slot of the test's own shows what was committed. Disposing disposes the shop. */
export interface AuditedShop extends Audited {
  readonly shop: Shop
  /** The table as another store shows it, whose path is absolute or in the folder. */
  withStore(path: string): Audited
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
  const view = (store: string): Audited => ({
    folder: shop.folder,
    storePath: store,
    committed: async () => {
      const rows = await shop.sql(
        `SELECT xid::text, chr(get_byte(data, 0)) AS kind FROM pg_logical_slot_peek_binary_changes('${auditSlot}', NULL, NULL,
           'proto_version', '1', 'publication_names', 'audit_pub') WHERE get_byte(data, 0) IN (68, 73, 85)`,
      )
      return rows.map(({ xid, kind }) => `${String(xid)} ${OP[String(kind)] ?? '?'}`)
    },
    changes: (afterSeq) => readDelivered(store, 'shop.public.entry', 'txId', afterSeq),
    delivered: () => readDelivered(store, 'shop.public.entry', 'txId').map(({ step }) => step),
    rows: async () => {
      const rows = await shop.sql(
        "SELECT id || ' ' || encode(sha256(convert_to(pad, 'UTF8')), 'hex') AS row FROM entry ORDER BY entry.id",
      )
      return rows.map(({ row }) => String(row))
    },
    connect: () => connect(shop),
    insert: async (pad) => void (await shop.sql(`INSERT INTO entry (pad) VALUES ('${pad}')`)),
    [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose](),
  })
  return { ...view(storePath), shop, withStore: (path) => view(resolve(shop.folder.path, path)) }
}

async function connect({ server, database }: Shop): Promise<EntryWriter> {
  const connection = await server.connect(database)
  return {
    async transaction(rows, bytes) {
      await connection.query('BEGIN')
      const added = await connection.query(
        `INSERT INTO entry (pad) SELECT repeat(chr(97 + g % 26), $2) FROM generate_series(1, $1::int) g RETURNING id`,
        [rows, bytes],
      )
      const [first, second] = [added.at(0)?.['id'], added.at(1)?.['id']]
      await connection.query('UPDATE entry SET pad = pad || $2 WHERE id = $1', [first, '!'])
      if (second !== undefined) await connection.query('DELETE FROM entry WHERE id = $1', [second])
      await connection.query('COMMIT')
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}
