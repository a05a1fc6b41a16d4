import { describe, expect, test } from 'vitest'
import { Capture } from '../support/captured-tables.ts'
import { withText } from '../support/fix-script.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { watchedDatabase } from '../support/postgresql-reading.ts'
import { EVERY_VERSION } from '../support/postgresql-versions.ts'
import { pasteErrorFix } from '../support/printed-error.ts'

/** Row filters came with 15. */
const VERSIONS = EVERY_VERSION.filter((version) => version >= 15)
const FAILING = [
  // An escape that no text of PostgreSQL can have, under the code of a text that cannot be converted.
  { column: 'doc json', filter: "doc ->> 'a' <> 'b'", value: String.raw`'{"a": "\u0000"}'`, sqlstate: '22P05' },
  { column: 'n int', filter: '100 / n > 1', value: '0', sqlstate: '22012' },
]

describe.each(VERSIONS)('PostgreSQL %d', (version) => {
  test.skipIf(postgresqlMissing(version) !== null).each(FAILING)(
    'promise 9: a row filter that fails ($sqlstate) stops the connector with the only way past; what came before is delivered',
    async ({ column, filter, value, sqlstate }) => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(`CREATE TABLE filed (id int PRIMARY KEY, ${column})`)
      await database.query('DROP PUBLICATION streamkap_pub')
      await database.query(
        `CREATE PUBLICATION streamkap_pub FOR TABLE item, filed WHERE (${filter}) WITH (publish = 'insert')`,
      )
      await using capture = await Capture.of(database)
      await database.query("INSERT INTO item VALUES (1, 'before')")
      await database.query(`INSERT INTO filed VALUES (2, ${value})`)
      const error = await capture.toHead().catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({
        code: 'POSTGRES_FILTER_FAILED',
        retry: false,
        message: expect.stringContaining('does not say in which transaction'),
        fix: [
          withText('rowfilter'),
          { in: 'person', text: expect.stringMatching(/^everything/) },
          { in: 'shell', text: 'offbeat offsets skip shop --unreadable' },
        ],
        details: expect.objectContaining({ sqlstate }),
      })
      await pasteErrorFix(error, database)
      expect(capture.changes('shop.public.item')).toHaveLength(1)
    },
  )
})
