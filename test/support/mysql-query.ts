import type { Connection, RowDataPacket } from 'mysql2/promise'
import { createConnection } from 'mysql2/promise'

export type MysqlRow = Readonly<Record<string, unknown>>

export interface MysqlClient extends AsyncDisposable {
  readonly connection: Connection
  /** A text can contain several statements; the rows of the last one are returned. */
  query(sql: string, params?: readonly unknown[]): Promise<MysqlRow[]>
}

/** Opens a connection. If the server dies, only the next query fails. `url` is `mysql://` or `mariadb://`, with `?tls` for encryption. */
export async function connectToMysql(url: string): Promise<MysqlClient> {
  const at = new URL(url)
  const connection = await createConnection({
    host: at.hostname,
    port: Number(at.port),
    user: decodeURIComponent(at.username),
    password: decodeURIComponent(at.password),
    database: decodeURIComponent(at.pathname.slice(1)),
    multipleStatements: true,
    supportBigNumbers: true,
    dateStrings: true,
    ...(at.searchParams.has('tls') ? { ssl: { rejectUnauthorized: false } } : {}),
  })
  connection.on('error', () => undefined)
  return {
    connection,
    query: (sql, params = []) => rowsOf(connection, sql, params),
    [Symbol.asyncDispose]: async () => connection.destroy(),
  }
}

export async function queryMysql(url: string, sql: string, params: readonly unknown[]): Promise<MysqlRow[]> {
  await using client = await connectToMysql(url)
  return await client.query(sql, params)
}

async function rowsOf(connection: Connection, sql: string, params: readonly unknown[]): Promise<MysqlRow[]> {
  const [result] = await connection.query(sql, [...params])
  if (!Array.isArray(result)) return []
  const sets: readonly unknown[] = result
  const last = sets.at(-1)
  return (Array.isArray(last) ? last : sets).filter(isRow)
}

/** Whether the value is a row, not the summary of a statement without rows. */
function isRow(value: unknown): value is RowDataPacket {
  return typeof value === 'object' && value !== null && !('affectedRows' in value && 'warningStatus' in value)
}
