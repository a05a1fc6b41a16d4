import type { LogEvent } from '../../src/model/log-event.ts'
import { SETTINGS_OF } from '../../src/sources/postgresql/connect/session-settings.ts'
import { PgoutputDecoder, type PgoutputDecoderOptions } from '../../src/sources/postgresql/decode/decoder.ts'
import { type CatalogQuery, ServerCatalog } from '../../src/sources/postgresql/tables/catalog.ts'
import type { PostgresServer } from './postgresql.ts'
import type { PostgresClient } from './postgresql-query.ts'
import { VirtualClock } from './virtual-clock.ts'

/** A message as the server wrote it, with the LSN of its record. */
export interface LogMessage {
  readonly lsn: bigint
  readonly data: Buffer
}

/** Reads the log of one database through SQL: the same bytes that a replication connection would send. */
export class PgoutputLog implements AsyncDisposable {
  readonly database: string
  readonly session: PostgresClient
  readonly #server: PostgresServer
  readonly #slot: string

  private constructor(server: PostgresServer, database: string, session: PostgresClient) {
    this.#server = server
    this.database = database
    this.session = session
    this.#slot = slotName(database)
  }

  /** Creates a database with a slot and a publication `pub` of all tables. `before` runs first. */
  static async open(
    server: PostgresServer,
    options: { before?: string | ((session: PostgresClient) => Promise<void>); publication?: string } = {},
  ): Promise<PgoutputLog> {
    const database = await server.createDatabase()
    const session = await server.connect(database)
    for (const [name, value] of Object.entries(SETTINGS_OF.log)) {
      if (name !== 'search_path') await session.query(`SET ${name} = '${value}'`)
    }
    if (typeof options.before === 'string') await session.query(options.before)
    else await options.before?.(session)
    await session.query(options.publication ?? 'CREATE PUBLICATION pub FOR ALL TABLES')
    await session.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slotName(database)])
    return new PgoutputLog(server, database, session)
  }

  /** The messages committed since the last call. */
  async messages(): Promise<LogMessage[]> {
    await this.session.query(`SET search_path = '${SETTINGS_OF.log['search_path']}'`)
    const rows = await this.session.query(
      `SELECT (lsn - '0/0')::text AS lsn, data FROM pg_logical_slot_get_binary_changes($1, NULL, NULL,
       'proto_version', '1', 'publication_names', 'pub', 'messages', 'true')`,
      [this.#slot],
    )
    await this.session.query('RESET search_path')
    return rows.map(({ lsn, data }) => {
      if (typeof lsn !== 'string' || !Buffer.isBuffer(data)) throw new TypeError('not the log of a slot')
      return { lsn: BigInt(lsn), data }
    })
  }

  decoder(options: Partial<PgoutputDecoderOptions> = {}): PgoutputDecoder {
    return new PgoutputDecoder({
      ...decoderDefaults(this.database),
      catalog: new ServerCatalog(this.query),
      ...options,
    })
  }

  /** Statements are prepared, because planning is most of the time that the catalog's queries take. */
  readonly #prepared = new Map<string, string>()

  /** Runs a statement as one of our own connections does. */
  readonly query: CatalogQuery = async (sql, params) => {
    const name = this.#prepared.get(sql) ?? `s${this.#prepared.size}`
    this.#prepared.set(sql, name)
    const { rows } = await this.session.client.query<Record<string, unknown>>({ name, text: sql, values: [...params] })
    return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asText(value)])))
  }

  async events(decoder: PgoutputDecoder): Promise<LogEvent[]> {
    return await decodeAll(decoder, await this.messages())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]()
    await this.#server.dropDatabase(this.database)
  }
}

function decoderDefaults(database: string): Omit<PgoutputDecoderOptions, 'catalog'> {
  return {
    source: 'shop',
    database,
    server: { systemIdentifier: '7', timeline: '1' },
    clock: new VirtualClock(),
    isWatched: () => true,
    heartbeat: null,
    truncates: false,
  }
}

/** Decodes all messages from one buffer, each surrounded by bytes that do not belong to it. */
export async function decodeAll(decoder: PgoutputDecoder, messages: readonly LogMessage[]): Promise<LogEvent[]> {
  const gap = Buffer.alloc(7, 0x74)
  const block = Buffer.concat([gap, ...messages.flatMap(({ data }) => [data, gap])])
  const events: LogEvent[] = []
  let at = gap.length
  for (const { lsn, data } of messages) {
    await decoder.decode(block, at, at + data.length, Number(lsn), events)
    at += data.length + gap.length
  }
  return events
}

function slotName(database: string): string {
  return database.replaceAll(/[^a-z0-9_]/g, '_')
}

function asText(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value)
}
