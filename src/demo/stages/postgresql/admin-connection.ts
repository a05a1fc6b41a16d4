/** A superuser's connection to the demo's own server. */
export interface AdminConnection extends AsyncDisposable {
  query(sql: string, params?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
}

export async function connectAsAdmin(url: string): Promise<AdminConnection> {
  const { Client } = (await import('pg')).default
  const client = new Client({ connectionString: url, application_name: 'offbeat demo' })
  // If the server ends, the next query reports it.
  client.on('error', () => undefined)
  await client.connect()
  return {
    async query(sql, params = []) {
      const { rows } = await client.query<Record<string, unknown>>(sql, [...params])
      return rows
    },
    async [Symbol.asyncDispose]() {
      // The connection may already be broken.
      await client.end().catch(() => undefined)
    },
  }
}
