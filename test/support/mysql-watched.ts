import { randomInt } from 'node:crypto'
import { quoteAccount, quoteName } from '../../src/sources/mysql/connect/quoting.ts'
import type { MysqlServer } from './mysql.ts'
import type { MysqlRow } from './mysql-query.ts'

/** A database with a heartbeat database of its own, and a user that has only the privileges that a connector needs. */
export interface WatchedMysql extends AsyncDisposable {
  readonly server: MysqlServer
  readonly name: string
  readonly user: string
  readonly password: string
  /** The heartbeat table, as statements name it. */
  readonly heartbeatTable: string
  /** Its entry in `offbeat.yaml`. */
  readonly entry: Readonly<Record<string, unknown>>
  /** Runs statements in the database as the administrator. */
  query(sql: string): Promise<MysqlRow[]>
}

const PASSWORD = 'planted-password'

/** Disposing removes both databases and the user from a shared server. */
export async function watchedMysql(server: MysqlServer): Promise<WatchedMysql> {
  const name = await server.createDatabase()
  const label = name.slice(-24)
  const [user, heartbeat] = [`u_${label}`, `hb_${label}`]
  const query = (sql: string) => server.query(name, sql)
  await query(`
    CREATE TABLE item (id int PRIMARY KEY, note text);
    CREATE TABLE unwatched (id int);
    CREATE DATABASE ${heartbeat};
    ${heartbeatTable(heartbeat)};
    ${userStatements({ server, user, name, heartbeat })}`)
  return {
    server,
    name,
    user,
    password: PASSWORD,
    heartbeatTable: `${heartbeat}.streamkap_heartbeat`,
    entry: {
      ...mysqlEntry(server, user, PASSWORD),
      tables: [`${name}.item`],
      heartbeat: { interval: '500ms', source: { schema: heartbeat } },
    },
    query,
    async [Symbol.asyncDispose]() {
      try {
        await server.query('', `DROP DATABASE ${quoteName(name)}; DROP DATABASE IF EXISTS ${heartbeat}`)
        await server.query('', `DROP USER ${quoteAccount(user)}`)
      } finally {
        await server[Symbol.asyncDispose]()
      }
    },
  }
}

/** A database with the same tables on a server of its own, which is not prepared for the user. Disposing ends the server. */
export async function unpreparedMysql(server: MysqlServer): Promise<WatchedMysql> {
  const name = await server.createDatabase()
  const query = (sql: string) => server.query(name, sql)
  await query('CREATE TABLE item (id int PRIMARY KEY, note text); CREATE TABLE unwatched (id int)')
  const entry = {
    ...mysqlEntry(server, 'connector', PASSWORD),
    tables: [`${name}.item`],
    heartbeat: { interval: '500ms' },
  }
  return {
    server,
    name,
    user: 'connector',
    password: PASSWORD,
    heartbeatTable: 'streamkap.streamkap_heartbeat',
    entry,
    query,
    [Symbol.asyncDispose]: async () => await server[Symbol.asyncDispose](),
  }
}

/** An entry for the server and user. Its server id is random, because the sources of all tests have the same name. */
function mysqlEntry(
  { product, host, port }: MysqlServer,
  user: string,
  password: string,
): Readonly<Record<string, unknown>> {
  return {
    kind: product,
    url: `${product}://${user}:${password}@${host}:${port}`,
    // Until a password is in the server's cache, its login needs TLS, and the cache is empty at the start.
    tls: { mode: product === 'mysql' ? 'require' : 'disable' },
    serverId: randomInt(0x8000_0000, 0xffff_ffff),
  }
}

function heartbeatTable(database: string): string {
  return `CREATE TABLE ${database}.streamkap_heartbeat (id int AUTO_INCREMENT PRIMARY KEY, text text,
    last_update timestamp(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6))`
}

interface Connector {
  readonly server: MysqlServer
  readonly user: string
  readonly name: string
  readonly heartbeat: string
}

function userStatements({ server, user, name, heartbeat }: Connector): string {
  const account = quoteAccount(user)
  const monitor = server.product === 'mysql' ? 'REPLICATION CLIENT' : 'BINLOG MONITOR'
  return `
    CREATE USER ${account} IDENTIFIED BY '${PASSWORD}';
    GRANT REPLICATION SLAVE, ${monitor} ON *.* TO ${account};
    GRANT SELECT ON ${quoteName(name)}.* TO ${account};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ${heartbeat}.streamkap_heartbeat TO ${account}`
}
