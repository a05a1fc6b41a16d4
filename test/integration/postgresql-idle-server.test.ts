import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { Position } from '../../src/model/position.ts'
import { openProbe } from '../../src/sources/postgresql/inspect/probe.ts'
import { LSN_POSITIONS } from '../../src/sources/postgresql/position.ts'
import { openReader } from '../../src/sources/postgresql/read/reader.ts'
import { encodedMessages } from '../support/encoded-messages.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { firstOffsetOf, readFrom, watchedDatabase } from '../support/postgresql-reading.ts'
import { readingContext } from '../support/reading.ts'

const never = new AbortController().signal

describe.skipIf(postgresqlMissing(18) !== null)('on a server that nobody else uses', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgresql({ settings: { autovacuum: 'off' } })
  })
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
  })

  test('the log is open before anything comes of it, and the first beat is what comes', async () => {
    await using database = await watchedDatabase(server)
    const startOffset = await firstOffsetOf(database.config)
    await using probe = await openProbe(database.config, readingContext)
    await using reader = await openReader(database.config, readingContext)
    const taken: LogEvent[] = []
    let batches = 0
    for await (const events of reader.read(startOffset, never)) {
      if (batches++ === 0) {
        expect(events).toEqual([])
        await probe.beat?.('offbeat:shop:1', never)
      }
      taken.push(...events)
      if (taken.some(({ type }) => type === 'commit')) break
    }
    expect(taken.find(({ type }) => type === 'pulse')).toMatchObject({ nonce: 'offbeat:shop:1' })
  })

  test.each(['table', 'message'] as const)('a beat by %s says where the log has passed it', async (mode) => {
    await using database = await watchedDatabase(server)
    const { heartbeat } = database.config
    const config = { ...database.config, heartbeat: { ...heartbeat, source: { ...heartbeat.source, mode } } }
    await using reading = await readFrom('now', config)
    await reading.firstOffset()
    await using probe = await openProbe(config, readingContext)
    const beat = async (id: string) => (await probe.beat?.(`offbeat:shop:${id}`, never))?.reached ?? null
    const [first, second] = [await beat('a'), await beat('b')]
    if (first === null || second === null) throw new Error('the server said nothing')
    await reading.until('two commits', () => reading.commits.length === 2)
    const order = (commit: number, reached: Position) =>
      LSN_POSITIONS.compare(reading.commits[commit]?.offset.position ?? reached, reached)
    expect([order(0, first), order(1, second)]).not.toContain('after')
    expect([order(1, first), order(0, second)]).toEqual(['after', 'before'])
  })

  test('an offset that is set remembers the keys that the log does not tell, as one of a run does', async () => {
    await using database = await watchedDatabase(server)
    await database.query('ALTER TABLE item REPLICA IDENTITY FULL')
    const startOffset = await firstOffsetOf(database.config)
    await using probe = await openProbe(database.config, readingContext)
    const content = await probe.offsetAt?.(startOffset.position, null, never)
    await database.query("INSERT INTO item VALUES (1, 'x')")
    {
      await using reading = await readFrom(startOffset, database.config)
      await reading.until('the row', () => reading.commits.length === 1)
      expect(content).toEqual({ server: startOffset.server, memory: reading.commits[0]?.offset.memory })
    }
    await database.query('ALTER TABLE item DROP CONSTRAINT item_pkey')
    const keys = async (memory: typeof startOffset.memory) => {
      await using reading = await readFrom({ ...startOffset, memory }, database.config)
      await reading.until('the row', () => reading.commits.length === 1)
      return encodedMessages(reading.events).map(({ key }) => key)
    }
    expect(await keys({})).toEqual([null])
    expect(await keys(content?.memory ?? {})).toEqual([{ id: 1 }])
  })
})
