import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type LocalPostgresql, startLocalPostgresql } from '../../../src/local-server/postgresql/local-postgresql.ts'

export const DATABASE = 'postgres'
export const PUBLICATION = 'bench'
/** The slot at the beginning of the log. Each run of a subject reads from a copy of it. */
const BASE_SLOT = 'base'

/** Rows of about 110 bytes as text in the log. */
const TABLE = `CREATE TABLE orders (id int8 PRIMARY KEY, customer int8 NOT NULL, amount numeric(12,2) NOT NULL,
  note text NOT NULL, created timestamptz NOT NULL, paid boolean NOT NULL)`
const ROW = `i, i % 50000, i * 1.25, 'a note of about forty-five characters, ' || (i % 100000), clock_timestamp(), i % 3 = 0`

export async function startServer(settings: Record<string, string> = {}): Promise<LocalPostgresql> {
  return startLocalPostgresql({
    env: process.env,
    version: 18,
    settings: {
      max_wal_size: '8GB',
      shared_buffers: '256MB',
      max_replication_slots: '150',
      max_wal_senders: '150',
      ...settings,
    },
  })
}

/** Creates the table and the base slot. */
export async function openWorkload(server: LocalPostgresql): Promise<pg.Client> {
  const client = new pg.Client(server.url(DATABASE))
  await client.connect()
  await client.query(TABLE)
  await client.query(`CREATE PUBLICATION ${PUBLICATION} FOR TABLE orders`)
  await client.query(`SELECT pg_create_logical_replication_slot('${BASE_SLOT}', 'pgoutput')`)
  return client
}

/** Writes the rows, `perTransaction` in each transaction. Returns the end of the write-ahead log after the last row. */
export async function writeRows(client: pg.Client, rows: number, perTransaction: number): Promise<string> {
  await client.query(`CREATE PROCEDURE fill(total int8, each int8) LANGUAGE plpgsql AS $$
    BEGIN
      FOR start IN 1..total BY each LOOP
        INSERT INTO orders SELECT ${ROW} FROM generate_series(start, least(start + each - 1, total)) AS i;
        COMMIT;
      END LOOP;
    END $$`)
  await client.query(`CALL fill(${rows}, ${perTransaction})`)
  const { rows: found } = await client.query<{ end: string }>('SELECT pg_current_wal_lsn()::text AS end')
  return found[0]?.end ?? '0/0'
}

/** Copies the base slot for one run of one subject. Returns its position. */
export async function copySlot(client: pg.Client, name: string): Promise<string> {
  const sql = 'SELECT confirmed_flush_lsn::text AS position FROM pg_replication_slots WHERE slot_name = $1'
  await client.query('SELECT pg_copy_logical_replication_slot($1, $2)', [BASE_SLOT, name])
  const { rows } = await client.query<{ position: string }>(sql, [name])
  return rows[0]?.position ?? '0/0'
}

/** Creates a slot at the end of the log. */
export async function newSlot(client: pg.Client, name: string): Promise<string> {
  const sql = `SELECT lsn::text AS position FROM pg_create_logical_replication_slot($1, 'pgoutput')`
  const { rows } = await client.query<{ position: string }>(sql, [name])
  return rows[0]?.position ?? '0/0'
}

export async function dropSlot(client: pg.Client, name: string): Promise<void> {
  await client.query('SELECT pg_drop_replication_slot($1)', [name])
}

/** Resolves when a client is reading from the slot. */
export async function streaming(client: pg.Client, slot: string): Promise<void> {
  const sql = 'SELECT 1 FROM pg_replication_slots WHERE slot_name = $1 AND active'
  while ((await client.query(sql, [slot])).rows.length === 0) await sleep(5)
}
