import { writeFileSync } from 'node:fs'
import { insertOrder } from './order.ts'
import type { DatabaseEncoding, PostgresServer } from './postgresql.ts'
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'

/** A database prepared as a user would do it, and a folder with a configuration for it. Disposing drops the database. */
export interface Shop extends AsyncDisposable {
  readonly server: PostgresServer
  readonly database: string
  readonly folder: TemporaryFolder
  readonly url: string
  readonly slot: string
  sql(text: string): Promise<Record<string, unknown>[]>
  /** Returns the key of its message. */
  insertOrder(): Promise<string>
  /** Writes `offbeat.yaml`: the minimal configuration, overridden by the keys of `entry`. */
  configure(entry?: Readonly<Record<string, unknown>>, sink?: Readonly<Record<string, unknown>>): void
}

const TABLES = `
  CREATE TABLE orders (id int PRIMARY KEY, what text, big bigint);
  CREATE SCHEMA streamkap;
  CREATE TABLE streamkap.streamkap_heartbeat (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text,
    last_update timestamp DEFAULT current_timestamp);
  CREATE PUBLICATION streamkap_pub FOR ALL TABLES`

/** The shop's heartbeat interval is one second. */
export async function openShop(
  server: PostgresServer,
  about: { readonly encoding?: DatabaseEncoding } = {},
): Promise<Shop> {
  const database = await server.createDatabase(about.encoding)
  await server.query(database, TABLES)
  const folder = temporaryFolder()
  const url = server.url(database)
  const slot = `slot_${database}`.toLowerCase().replaceAll(/[^a-z0-9_]/gu, '_')
  const configure: Shop['configure'] = (entry = {}, sink = { kind: 'sqlite', path: 'offbeat.db' }) => {
    const shop = { kind: 'postgresql', url, slot, heartbeat: { interval: '1s' }, ...entry }
    // JSON is valid YAML.
    writeFileSync(folder.file('offbeat.yaml'), JSON.stringify({ sources: { shop }, sink }, null, 2), { mode: 0o600 })
  }
  configure()
  return {
    server,
    database,
    folder,
    url,
    slot,
    sql: (text) => server.query(database, text),
    insertOrder: () => insertOrder((text) => server.query(database, text)),
    configure,
    async [Symbol.asyncDispose]() {
      try {
        await server.dropDatabase(database)
      } finally {
        folder[Symbol.dispose]()
      }
    },
  }
}
