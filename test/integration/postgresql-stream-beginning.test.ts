import { describe, expect, test } from 'vitest'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { firstOffsetOf, readFrom, watchedDatabase } from '../support/postgresql-reading.ts'

const TRIES = 25

describe.skipIf(postgresqlMissing(18) !== null)('the beginning of a stream', () => {
  test('loses nothing that comes in one piece with the consent to stream', async () => {
    await using database = await watchedDatabase(await sharedPostgresql(18))
    const startOffset = await firstOffsetOf(database.config)
    for (const id of [1, 2, 3]) await database.query(`INSERT INTO item VALUES (${id}, 'row ${id}')`)
    for (let i = 0; i < TRIES; i++) {
      await using again = await readFrom(startOffset, database.config)
      await again.until('three commits', () => again.commits.length === 3)
      expect(again.ids).toEqual([1, 2, 3])
    }
  })
})
