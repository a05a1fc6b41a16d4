import pg from 'pg'

export interface PostgresClient extends AsyncDisposable {
  readonly client: pg.Client
  query(sql: string, params?: readonly unknown[]): Promise<Record<string, unknown>[]>
}

/** Opens a connection. If the server dies, only the next query fails. */
export async function connectTo(url: string): Promise<PostgresClient> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return {
    client,
    query: (sql, params = []) => rowsOf(client, sql, params),
    [Symbol.asyncDispose]: () => client.end(),
  }
}

export async function queryRows(
  url: string,
  sql: string,
  params: readonly unknown[],
): Promise<Record<string, unknown>[]> {
  await using connection = await connectTo(url)
  return await connection.query(sql, params)
}

async function rowsOf(client: pg.Client, sql: string, params: readonly unknown[]): Promise<Record<string, unknown>[]> {
  const result: unknown = params.length === 0 ? await client.query(sql) : await client.query(sql, [...params])
  const last: unknown = Array.isArray(result) ? result.at(-1) : result
  return isResult(last) ? last.rows : []
}

function isResult(value: unknown): value is { rows: Record<string, unknown>[] } {
  return typeof value === 'object' && value !== null && 'rows' in value && Array.isArray(value.rows)
}
