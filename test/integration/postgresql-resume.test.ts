import { describe, expect, test } from 'vitest'
import type { Offset } from '../../src/model/offset.ts'
import { LSN_POSITIONS } from '../../src/sources/postgresql/position.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { firstOffsetOf, readFrom, type WatchedDatabase, watchedDatabase } from '../support/postgresql-reading.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { waitFor } from '../support/wait-for.ts'

function insert(database: WatchedDatabase, id: number): Promise<unknown> {
  return database.query(`INSERT INTO item VALUES (${id}, 'row ${id}')`)
}

async function insertMany(database: WatchedDatabase, from: number, to: number): Promise<void> {
  for (let id = from; id <= to; id++) await insert(database, id)
}

async function confirmed(database: WatchedDatabase): Promise<unknown> {
  return (await database.slot())?.['confirmed_flush_lsn']
}

async function readIds(from: Offset, database: WatchedDatabase, last: number): Promise<readonly number[]> {
  await using reading = await readFrom(from, database.config)
  await reading.until(`row ${last}`, () => reading.ids.includes(last) && reading.commits.length > 0)
  return reading.ids
}

describe.each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('resume', () => {
    test('from every commit the rest comes, whole and nothing twice; the slot stands where it was acknowledged', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await using first = await readFrom('now', database.config)
      await first.firstOffset()
      await insertMany(database, 1, 6)
      await first.until('six commits', () => first.commits.length === 6)
      const third = first.commits[2]?.offset
      if (third === undefined) throw new Error('no third commit')
      const acknowledged = Promise.withResolvers<void>()
      first.reader.acknowledge(third, acknowledged.resolve)
      await acknowledged.promise
      await waitFor(
        { until: 'the slot stands at the third commit' },
        async () => (await confirmed(database)) === String(third.position),
      )
      await first[Symbol.asyncDispose]()
      expect(await confirmed(database)).toBe(String(third.position))
      for (const [index, commit] of first.commits.entries()) {
        if (index < 2) continue
        await insert(database, 100 + index)
        const seen = await readIds(commit.offset, database, 100 + index)
        const later = [1, 2, 3, 4, 5, 6].slice(index + 1)
        expect(seen).toEqual([...later, ...[102, 103, 104, 105].slice(0, index - 1)])
      }
    })

    test('promise 3: transactions that overlap in time come whole, in the order of their commits', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await using reading = await readFrom('now', database.config)
      await reading.firstOffset()
      const a = await database.server.connect(database.name)
      const b = await database.server.connect(database.name)
      await a.query('BEGIN')
      await b.query('BEGIN')
      await a.query("INSERT INTO item VALUES (1, 'a')")
      await b.query("INSERT INTO item VALUES (2, 'b')")
      await a.query("INSERT INTO item VALUES (3, 'a')")
      await b.query('COMMIT')
      await insert(database, 4)
      await a.query('COMMIT')
      await a[Symbol.asyncDispose]()
      await b[Symbol.asyncDispose]()
      await reading.until('three commits', () => reading.commits.length === 3)
      expect(reading.ids).toEqual([2, 4, 1, 3])
      const shape = reading.events.map(({ type }) => type).filter((type) => type !== 'progress' && type !== 'notice')
      expect(shape.join(' ')).toBe('begin change commit begin change commit begin change change commit')
    })

    test('promise 5: progress inside the next transaction is acknowledged, and that transaction still comes', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await using reading = await readFrom('now', database.config, 'all')
      const startOffset = await reading.firstOffset()
      const open = await database.server.connect(database.name)
      await open.query('BEGIN')
      await open.query("INSERT INTO item VALUES (1, 'begun before')")
      await database.query('CREATE TABLE unwatched (id int); INSERT INTO unwatched VALUES (1)')
      const beyond = await reading.until('progress beyond the first offset', () =>
        reading.events.find(
          (event) =>
            (event.type === 'progress' || event.type === 'commit') &&
            LSN_POSITIONS.compare(event.offset.position, startOffset.position) === 'after',
        ),
      )
      if (beyond.type !== 'progress' && beyond.type !== 'commit') throw new Error('no offset')
      const position = beyond.offset.position
      await waitFor(
        { until: 'the slot has moved beyond the beginning of the open transaction' },
        async () =>
          LSN_POSITIONS.compare(LSN_POSITIONS.parse(String(await confirmed(database))), position) !== 'before',
      )
      await reading[Symbol.asyncDispose]()
      const newest = reading.events.findLast((event) => event.type === 'progress' || event.type === 'commit')
      if (newest?.type !== 'progress' && newest?.type !== 'commit') throw new Error('no offset')
      await open.query('COMMIT')
      await open[Symbol.asyncDispose]()
      expect(await readIds(newest.offset, database, 1)).toEqual([1])
    })

    test('promise 2: nothing is acknowledged by itself, though the log moves on', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const startOffset = await firstOffsetOf(database.config)
      await using reading = await readFrom(startOffset, database.config)
      await insertMany(database, 1, 3)
      await database.query('CREATE TABLE unwatched (id int)')
      await reading.until(
        'progress beyond the commits',
        () => reading.events.at(-1)?.type === 'progress' && reading.ids.length === 3,
      )
      await reading[Symbol.asyncDispose]()
      expect(await confirmed(database)).toBe(String(startOffset.position))
    })
  })
})
