import { writeFileSync } from 'node:fs'
import { type Audited, type EntryWriter, readDelivered, type Step } from './audited.ts'
import type { MysqlServer } from './mysql.ts'
import { logFiles } from './mysql-purge.ts'
import type { MysqlRow } from './mysql-query.ts'
import { watchedMysql } from './mysql-watched.ts'
import { temporaryFolder } from './temporary-folder.ts'

/**
 * The audited table on MySQL or MariaDB, on a server that belongs to the test and purges nothing. What was committed is what the server
 * itself shows of its log. Disposing ends the server.
 */
export interface AuditedMysql extends Audited {
  readonly server: MysqlServer
  readonly database: string
  /** Writes `offbeat.yaml`. `port`: that of a proxy. `others`: further hosts. */
  configure(about: {
    readonly port?: number
    readonly interval?: string
    readonly others?: readonly MysqlServer[]
  }): void
  /** What another server shows as committed, such as a promoted replica. */
  committedOn(server: MysqlServer): Promise<readonly Step[]>
  rowsOn(server: MysqlServer): Promise<readonly string[]>
}

export async function openAuditedMysql(server: MysqlServer): Promise<AuditedMysql> {
  const watched = await watchedMysql(server)
  const { name, user, password } = watched
  await server.query(name, 'CREATE TABLE entry (id bigint AUTO_INCREMENT PRIMARY KEY, pad text)')
  const folder = temporaryFolder()
  const storePath = folder.file('offbeat.db')
  const changes = () => readDelivered(storePath, `shop.${name}.entry`, 'gtid')
  const configure: AuditedMysql['configure'] = ({ port = server.port, interval = '500ms', others = [] }) => {
    const hosts = [`${server.host}:${port}`, ...others.map((other) => `${other.host}:${other.port}`)]
    const { url: _, ...entry } = watched.entry
    const { heartbeat } = watched.entry
    const shop = {
      ...entry,
      hosts,
      user,
      password,
      tables: [`${name}.entry`],
      heartbeat: { ...(heartbeat as object), interval },
    }
    const config = { sources: { shop }, sink: { kind: 'sqlite', path: 'offbeat.db' }, server: 'off' }
    // JSON is valid YAML.
    writeFileSync(folder.file('offbeat.yaml'), JSON.stringify(config), { mode: 0o600 })
  }
  configure({})
  return {
    server,
    database: name,
    folder,
    storePath,
    configure,
    committed: () => committedIn(server, `${name}.entry`),
    committedOn: (other) => committedIn(other, `${name}.entry`),
    changes,
    delivered: () => changes().map(({ step }) => step),
    rows: () => rowsOf(server, name),
    rowsOn: (other) => rowsOf(other, name),
    connect: () => connect(server, name),
    insert: async (pad) => void (await server.query(name, 'INSERT INTO entry (pad) VALUES (?)', [pad])),
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
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
  const steps: Step[] = []
  for (const file of await logFiles(server))
    steps.push(...stepsOf(await server.query('', `SHOW BINLOG EVENTS IN '${file}'`), table))
  return steps
}

function stepsOf(events: readonly MysqlRow[], table: string): readonly Step[] {
  let gtid = ''
  let isOurs = false
  return events.flatMap(({ Event_type: type, Info: info }) => {
    const [, id] = /^(?:SET @@SESSION\.GTID_NEXT= '|BEGIN GTID |GTID )([^' ]+)/u.exec(String(info)) ?? []
    if (/^Gtid$/iu.test(String(type)) && id !== undefined) gtid = id
    if (type === 'Table_map') isOurs = String(info).includes(`(${table})`)
    const op = OPS.find(([name]) => name.test(String(type)))?.[1]
    return op === undefined || !isOurs ? [] : [`${gtid} ${op}`]
  })
}
