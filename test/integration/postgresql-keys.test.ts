import { describe, test } from 'vitest'
import { expectFixed, sql } from '../support/broken-postgresql.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { versionsOf } from '../support/postgresql-versions.ts'

/** Before 18 a generated column cannot be published. */
describe.each(versionsOf([14, 15, 17]))('keys with generated columns, PostgreSQL %i', (version) => {
  test.skipIf(postgresqlMissing(version) !== null)('the doctor gives the table another identity', async () => {
    await expectFixed(
      {
        code: 'POSTGRES_KEY_INCOMPLETE',
        id: 'postgresql.published-keys',
        printed: [
          'ALTER TABLE public.a REPLICA IDENTITY USING INDEX a_code_key;',
          'ALTER TABLE public.b REPLICA IDENTITY FULL;',
        ],
        cause: sql(
          'CREATE TABLE a (n int, twice int GENERATED ALWAYS AS (n * 2) STORED PRIMARY KEY, code int NOT NULL UNIQUE)',
          'CREATE TABLE b (n int, twice int GENERATED ALWAYS AS (n * 2) STORED PRIMARY KEY, code int UNIQUE)',
          'ALTER PUBLICATION streamkap_pub ADD TABLE a, b',
        ),
      },
      await sharedPostgresql(version),
    )
  })
})
