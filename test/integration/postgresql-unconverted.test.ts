import { describe, expect, test } from 'vitest'
import { type PostgresVersion, postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { Reading, watchedDatabase } from '../support/postgresql-reading.ts'

const VERSIONS: readonly PostgresVersion[] = [18, 15]

describe.each(VERSIONS)('PostgreSQL %d', (version) => {
  test.skipIf(postgresqlMissing(version) !== null)(
    'promise 9: a row filter that refuses a text before its transaction is named: said so, with the way past, and what came before is given',
    async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query('CREATE TABLE filed (id int PRIMARY KEY, doc json)')
      await database.query('DROP PUBLICATION streamkap_pub')
      await database.query(
        `CREATE PUBLICATION streamkap_pub FOR TABLE item, filed WHERE (doc ->> 'a' <> 'b') WITH (publish = 'insert')`,
      )
      await using reading = await Reading.from('now', database.config)
      await reading.birth()
      await database.query("INSERT INTO item VALUES (1, 'before')")
      await database.query('INSERT INTO filed VALUES (2, \'{"a": "\\u0000"}\')')
      const failure = await reading.failure()
      expect(failure).toMatchObject({
        code: 'POSTGRES_TEXT_UNCONVERTED',
        retry: false,
        message: expect.stringContaining('does not say in which transaction'),
        fix: expect.arrayContaining(['offbeat offsets reset shop']),
        details: expect.objectContaining({ sqlstate: '22P05' }),
      })
      expect(reading.ids).toEqual([1])
      expect(reading.commits).toHaveLength(1)
    },
  )
})
