import { expect, test } from 'vitest'
import { connectAsAdmin } from '../../src/demo/stages/postgresql/admin-connection.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'

test.skipIf(postgresqlMissing(18) !== null)(
  "what the demo's own server has no room for is a named error, not a defect",
  async () => {
    const server = await sharedPostgresql()
    await using admin = await connectAsAdmin(server.url('postgres'))
    await admin.query("SET temp_file_limit = '64kB'")
    await admin.query("SET work_mem = '64kB'")
    const sorting = admin.query('SELECT n, repeat(n::text, 100) FROM generate_series(1, 20000) AS n ORDER BY 2')
    await expect(sorting).rejects.toMatchObject({
      code: 'DATABASE_OUT_OF_RESOURCES',
      found: expect.stringContaining('53400'),
    })
  },
)
