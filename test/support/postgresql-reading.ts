import { systemClock } from '../../src/cli/program/system-clock.ts'
import type { CommitEvent, LogEvent, NoticeEvent } from '../../src/model/log-event.ts'
import type { Offset } from '../../src/model/offset.ts'
import { Secret } from '../../src/model/secret.ts'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { LSN_POSITIONS } from '../../src/sources/postgresql/position.ts'
import { openReader } from '../../src/sources/postgresql/read/reader.ts'
import type { Context, Reader } from '../../src/sources/source.ts'
import type { PostgresServer } from './postgresql.ts'
import { silentLog } from './silent-log.ts'
import { waitFor } from './wait-for.ts'
import { askWhenWaitExpires } from './wait-witness.ts'

export const readingContext: Context = { source: 'shop', log: silentLog, clock: systemClock }

/** A database with a user that has only LOGIN, REPLICATION and what a connector needs; disposing drops its slots. */
export interface WatchedDatabase extends AsyncDisposable {
  readonly name: string
  readonly user: string
  readonly server: PostgresServer
  readonly config: PostgresqlConfig
  /** As a superuser. */
  query(sql: string): Promise<Record<string, unknown>[]>
  slot(): Promise<Record<string, unknown> | null>
}

const SCHEMA = (user: string) => `
  CREATE TABLE item (id int PRIMARY KEY, note text);
  GRANT SELECT ON item TO ${user};
  CREATE SCHEMA streamkap;
  CREATE TABLE streamkap.streamkap_heartbeat (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text, last_update timestamp DEFAULT current_timestamp);
  GRANT USAGE ON SCHEMA streamkap TO ${user};
  GRANT SELECT, INSERT, UPDATE, DELETE ON streamkap.streamkap_heartbeat TO ${user};
  CREATE PUBLICATION streamkap_pub FOR TABLE item, streamkap.streamkap_heartbeat`

export async function watchedDatabase(server: PostgresServer): Promise<WatchedDatabase> {
  const name = await server.createDatabase()
  const user = `u_${plainName(name)}`
  const query = (sql: string) => server.query(name, sql)
  await query(`CREATE ROLE ${user} LOGIN REPLICATION PASSWORD 'planted-password'`)
  await query(SCHEMA(user))
  const config = configFor(server, name, user)
  return {
    name,
    user,
    server,
    config,
    query,
    slot: async () => {
      const [slot] = await query(`SELECT * FROM pg_replication_slots WHERE slot_name = '${config.slot}'`)
      return slot === undefined ? null : withPositions(slot)
    },
    async [Symbol.asyncDispose]() {
      await server.dropSlots(name)
      await query(`DROP OWNED BY ${user}; DROP ROLE ${user}`)
    },
  }
}

/** With the LSNs in our own form: 19 prints them with leading zeros. */
function withPositions(slot: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(slot).map(([name, value]) => [
      name,
      name.endsWith('_lsn') && typeof value === 'string' ? String(LSN_POSITIONS.parse(value)) : value,
    ]),
  )
}

/** Its end is what tells it from others. */
function plainName(database: string): string {
  return database.replaceAll(/[^a-z0-9_]/g, '_').slice(-50)
}

function configFor(server: PostgresServer, database: string, user: string): PostgresqlConfig {
  return {
    kind: 'postgresql',
    slot: `s_${plainName(database)}`,
    publication: 'streamkap_pub',
    failover: false,
    disk: null,
    tables: [],
    exclude: [],
    truncates: false,
    readOnly: false,
    primary: null,
    exclusive: [],
    heartbeat: {
      connector: { intervalMs: 60_000 },
      source: {
        mode: 'table',
        by: null,
        intervalMs: 60_000,
        schema: 'streamkap',
        table: 'streamkap_heartbeat',
        deliver: false,
      },
    },
    connection: {
      hosts: [{ host: server.host, port: server.port }],
      database,
      user,
      password: new Secret('planted-password'),
      tls: { mode: 'disable', ca: null, cert: null, key: null, servername: null },
    },
  }
}

export function withConnection(
  config: PostgresqlConfig,
  connection: Partial<PostgresqlConfig['connection']>,
): PostgresqlConfig {
  return { ...config, connection: { ...config.connection, ...connection } }
}

/** A reader that is being pulled from, with all it gave. */
export class Reading implements AsyncDisposable {
  readonly events: LogEvent[] = []
  readonly reader: Reader
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  #failure: unknown = null
  #over = false
  #lastAtMs = performance.now()
  readonly #witness = askWhenWaitExpires('the reader', () => this.#state())

  constructor(reader: Reader, from: Offset | 'now', acknowledges: 'all' | 'none') {
    this.reader = reader
    this.#done = this.#pull(from, acknowledges)
  }

  static async from(
    from: Offset | 'now',
    config: PostgresqlConfig,
    acknowledges: 'all' | 'none' = 'none',
    context: Context = readingContext,
  ): Promise<Reading> {
    return new Reading(await openReader(config, context), from, acknowledges)
  }

  get commits(): readonly CommitEvent[] {
    return this.events.filter((event) => event.type === 'commit')
  }

  get notices(): readonly NoticeEvent[] {
    return this.events.filter((event) => event.type === 'notice')
  }

  /** The column `id` of all changes, in order. */
  get ids(): readonly number[] {
    return this.events.flatMap((event) => {
      if (event.type !== 'change') return []
      const row = event.after ?? event.before
      const column = event.table.columns.findIndex(({ name }) => name === 'id')
      const [start, end] = [row?.spans[2 * column] ?? -1, row?.spans[2 * column + 1] ?? -1]
      return [Number(Buffer.from(row?.bytes.subarray(start, end) ?? []).toString())]
    })
  }

  /** The place where the reader began, when it began from 'now'. */
  async birth(): Promise<Offset> {
    const event = await this.until('the first progress', () => this.events.find(({ type }) => type === 'progress'))
    if (event.type !== 'progress') throw new Error('no progress')
    return event.offset
  }

  /** Fails with the reader's own error when that comes first. */
  async until<T>(what: string, condition: () => T | Promise<T>): Promise<Exclude<T, false | null | undefined>> {
    return await waitFor({ until: what }, async () => {
      const value = await condition()
      if (value === false || value === null || value === undefined) {
        if (this.#failure !== null) throw this.#failure
        if (this.#over) throw new Error(`the stream ended before ${what}`)
      }
      return value
    })
  }

  /** The error that ends the stream. */
  async failure(): Promise<unknown> {
    await this.#done
    return this.#failure
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
    this.#witness[Symbol.dispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.reader[Symbol.asyncDispose]()
  }

  /** Which of its waits it is in is in the server's sessions: the last query of its connections, and the state of its walsender. */
  #state(): string {
    const types = this.events.map(({ type }) => type)
    const since = `${Math.round(performance.now() - this.#lastAtMs)} ms ago`
    return `${this.#over ? 'over' : 'reading'}, ${types.length} events, the last ${types.at(-1) ?? 'none'} ${since}: ${types.slice(-20).join(' ')}`
  }

  async #pull(from: Offset | 'now', acknowledges: 'all' | 'none'): Promise<void> {
    try {
      for await (const events of this.reader.read(from, this.#stop.signal)) {
        this.events.push(...events)
        this.#lastAtMs = performance.now()
        if (acknowledges === 'none') continue
        for (const event of events) {
          if (event.type === 'commit' || event.type === 'progress')
            this.reader.acknowledge(event.offset, () => undefined)
        }
      }
    } catch (error) {
      this.#failure = error
    } finally {
      this.#over = true
    }
  }
}

/** Makes the slot, and gives the offset to start from; the reader is closed again. */
export async function bornOffset(config: PostgresqlConfig): Promise<Offset> {
  await using reading = await Reading.from('now', config)
  return await reading.birth()
}

/** Reads from there and gives the error that refuses it. */
export async function refusal(from: Offset | 'now', config: PostgresqlConfig): Promise<unknown> {
  try {
    await using reading = await Reading.from(from, config)
    return await reading.failure()
  } catch (error) {
    return error
  }
}
