import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { MARIADB, MYSQL } from '../../src/sources/mysql/definition.ts'
import { type Audited, type EntryWriter, readDelivered, type Step } from './audited.ts'
import type { MysqlServer } from './mysql.ts'
import { logFiles } from './mysql-purge.ts'
import type { MysqlRow } from './mysql-query.ts'
import { watchedMysql } from './mysql-watched.ts'
import type { TestedSource } from './run-once.ts'
import { temporaryFolder } from './temporary-folder.ts'

/**
 * The audited table on MySQL or MariaDB, on a server that belongs to the test and purges nothing. What was committed is what the server
 * itself shows of its log. Disposing ends the server.
 */
export interface AuditedMysql extends Audited {
  readonly server: MysqlServer
  readonly database: string
  /** The source `shop`, for a connector in the process of the test. */
  readonly source: TestedSource
  /** Writes `offbeat.yaml`. `port`: that of a proxy. `others`: further hosts. `store`: its path. `keys`: of the source. */
  configure(about: AuditedEntry): void
  /** The table as another store shows it, whose path is absolute or in the folder. */
  withStore(path: string): Audited
  /** The table on another server, such as a promoted replica: what was committed is what this one shows. */
  on(server: MysqlServer): Audited
}

interface AuditedEntry {
  readonly port?: number
  readonly interval?: string
  readonly others?: readonly { readonly host: string; readonly port: number }[]
  readonly store?: string
  readonly keys?: Readonly<Record<string, unknown>>
}

export async function openAuditedMysql(server: MysqlServer): Promise<AuditedMysql> {
  const watched = await watchedMysql(server)
  const { name, user, password } = watched
  await server.query(name, 'CREATE TABLE entry (id bigint AUTO_INCREMENT PRIMARY KEY, pad text)')
  const folder = temporaryFolder()
  const storePath = folder.file('offbeat.db')
  const entry = ({ port = server.port, interval = '500ms', others = [], keys = {} }: AuditedEntry) => {
    const hosts = [`${server.host}:${port}`, ...others.map((other) => `${other.host}:${other.port}`)]
    const { url: _, ...connection } = watched.entry
    const heartbeat = { ...(watched.entry['heartbeat'] as object), interval }
    return { ...connection, hosts, user, password, tables: [`${name}.entry`], heartbeat, ...keys }
  }
  const configure = (about: AuditedEntry): void => {
    const sink = { kind: 'sqlite', path: about.store ?? 'offbeat.db' }
    // JSON is valid YAML.
    const config = JSON.stringify({ sources: { shop: entry(about) }, sink, server: 'off' })
    writeFileSync(folder.file('offbeat.yaml'), config, { mode: 0o600 })
  }
  configure({})
  const shownIn = (store: string) => (afterSeq?: number) => readDelivered(store, `shop.${name}.entry`, 'gtid', afterSeq)
  const view = (one: MysqlServer, store: string): Audited => ({
    folder,
    storePath: store,
    committed: () => committedIn(one, `${name}.entry`),
    changes: shownIn(store),
    delivered: () => shownIn(store)().map(({ step }) => step),
    rows: () => rowsOf(one, name),
    connect: () => connect(one, name),
    insert: async (pad) => void (await one.query(name, 'INSERT INTO entry (pad) VALUES (?)', [pad])),
    async [Symbol.asyncDispose]() {
      // The folder and the server belong to the whole.
    },
  })
  return {
    ...view(server, storePath),
    server,
    database: name,
    source: tested(server, entry({})),
    configure,
    withStore: (path) => view(server, resolve(folder.path, path)),
    on: (other) => view(other, storePath),
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

function tested({ product }: MysqlServer, entry: unknown): TestedSource {
  return product === 'mysql'
    ? { definition: MYSQL, config: MYSQL.config.parse(entry) }
    : { definition: MARIADB, config: MARIADB.config.parse(entry) }
}

async function rowsOf(server: MysqlServer, database: string): Promise<readonly string[]> {
  const rows = await server.query(database, "SELECT CONCAT(id, ' ', SHA2(pad, 256)) AS entry FROM entry ORDER BY id")
  return rows.map(({ entry }) => String(entry))
}

/** Each row is a statement of its own, and so an event of its own. */
async function connect(server: MysqlServer, database: string): Promise<EntryWriter> {
  const client = await server.connect(database)
  return {
    async transaction(rows, bytes) {
      const inserts = Array.from({ length: rows }, (_, i) => {
        const pad = String.fromCharCode(97 + (i % 26)).repeat(bytes)
        return `INSERT INTO entry (pad) VALUES ('${pad}'); SET @id${Math.min(i, 2)} = LAST_INSERT_ID()`
      })
      const remove = rows > 1 ? 'DELETE FROM entry WHERE id = @id1;' : ''
      await client.query(
        `BEGIN; ${inserts.join('; ')}; UPDATE entry SET pad = CONCAT(pad, '!') WHERE id = @id0; ${remove} COMMIT`,
      )
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  }
}

const OPS: readonly (readonly [RegExp, string])[] = [
  [/^Write_rows/u, 'c'],
  [/^Update_rows/u, 'u'],
  [/^Delete_rows/u, 'd'],
]

async function committedIn(server: MysqlServer, table: string): Promise<readonly Step[]> {
  const steps: (readonly Step[])[] = []
  for (const file of await logFiles(server)) steps.push(stepsOf(await eventsOf(server, file), table))
  return steps.flat()
}

/** The statement gives nothing of a file that ends within an event, as one of MariaDB does after a crash, unless it is to stop before. */
async function eventsOf(server: MysqlServer, file: string): Promise<readonly MysqlRow[]> {
  const show = `SHOW BINLOG EVENTS IN '${file}'`
  const first = async (count: number): Promise<readonly MysqlRow[] | null> =>
    await server.query('', `${show} LIMIT ${count}`).catch(() => null)
  const all = await server.query('', show).catch(() => null)
  if (all !== null) return all
  let [events, known, torn]: [readonly MysqlRow[], number, number] = [[], 0, 1_000_000]
  while (torn - known > 1) {
    const middle = Math.floor((known + torn) / 2)
    const some = await first(middle)
    if (some === null) torn = middle
    else [events, known] = [some, middle]
  }
  return events
}

/** A transaction without its end was not committed: the server died while it wrote it. */
function stepsOf(events: readonly MysqlRow[], table: string): readonly Step[] {
  let gtid = ''
  let isOurs = false
  let open: Step[] = []
  return events.flatMap(({ Event_type: type, Info: info }) => {
    const [, id] = /^(?:SET @@SESSION\.GTID_NEXT= '|BEGIN GTID |GTID )([^' ]+)/u.exec(String(info)) ?? []
    if (/^Gtid$/iu.test(String(type)) && id !== undefined) [gtid, open] = [id, []]
    if (type === 'Table_map') isOurs = String(info).includes(`(${table})`)
    const op = OPS.find(([name]) => name.test(String(type)))?.[1]
    if (op !== undefined && isOurs) open.push(`${gtid} ${op}`)
    if (type !== 'Xid') return []
    const committed = open
    open = []
    return committed
  })
}
