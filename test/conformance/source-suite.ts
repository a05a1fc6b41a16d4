import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asOffbeatError } from '../../src/model/error.ts'
import type { ErrorKind } from '../../src/model/error-entry.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import { makeNonce } from '../../src/model/nonce.ts'
import type { Offset } from '../../src/model/offset.ts'
import type { Reader, SourceDefinition } from '../../src/sources/source.ts'
import type { SourceConfig } from '../../src/sources/source-config.ts'
import { Reading, readingContext } from '../support/reading.ts'

/** What a database must bring for the suite: a watched table `item` with the key `id`, an unwatched one, a heartbeat table. */
export interface SourceStage extends AsyncDisposable {
  readonly definition: SourceDefinition<SourceConfig>
  readonly config: SourceConfig
  /** One transaction that inserts these ids into the watched table. */
  insert(ids: readonly number[]): Promise<void>
  /** Transactions that overlap: the first begins first and commits last. */
  insertOverlapping(first: readonly number[], second: readonly number[]): Promise<void>
  /** Something happens in the log that is not watched. */
  insertUnwatched(): Promise<void>
  /** Ends the connections of our user. */
  breakConnections(): Promise<void>
  /** Makes what the stored offset needs go away. */
  losePlace(): Promise<void>
}

async function openReader({ definition: { kind, reader }, config }: SourceStage): Promise<Reader> {
  if (reader === undefined) throw new Error(`sources of kind ${kind} have no reader`)
  return await reader(config, readingContext)
}

/** The contract of `src/sources/source.ts`, held to on a real server. Every database must pass it. */
export function sourceSuite(name: string, open: () => Promise<SourceStage>): void {
  describe(`the source ${name}`, () => {
    let stage: SourceStage
    let born: Offset
    let commits: readonly Offset[]
    let acknowledged: Offset

    const read = async (from: Offset | 'now', acknowledges: 'all' | 'none' = 'none') =>
      new Reading(await openReader(stage), from, acknowledges)
    const probe = () => stage.definition.probe(stage.config, readingContext)
    const never = new AbortController().signal

    beforeAll(async () => {
      stage = await open()
    })
    afterAll(async () => {
      await stage?.[Symbol.asyncDispose]()
    })

    test('from now, it first gives the place where it begins, before any change', async () => {
      await using reading = await read('now')
      born = await reading.birth()
      expect(reading.events[0]?.type).toBe('progress')
      expect(born.server).not.toBeNull()
      const { parse, text } = stage.definition.positions
      expect(parse(text(born.position))).toEqual(born.position)
    })

    test('says that the log is open before it has anything to give', async () => {
      await using reader = await openReader(stage)
      for await (const events of reader.read(born, never)) {
        expect(events.filter(({ type }) => type !== 'notice')).toEqual([])
        break
      }
    })

    test('promise 3: transactions come whole and in the order of their commits', async () => {
      await stage.insert([1, 2, 3])
      await stage.insertOverlapping([4, 5], [6, 7])
      await using reading = await read(born)
      await reading.until('seven rows', () => commitsWithRows(reading.events).length >= 3)
      expect(reading.ids).toEqual([1, 2, 3, 6, 7, 4, 5])
      expectWhole(reading.events)
      commits = commitsWithRows(reading.events)
    })

    test('promise 4: positions rise from commit to commit, and compare by the log', () => {
      const { compare, parse, text, order } = stage.definition.positions
      const offsets = [born, ...commits]
      for (const [i, { position, memory }] of offsets.entries()) {
        expect(compare(position, parse(text(position)))).toBe('same')
        const next = offsets[i + 1]
        if (next === undefined) continue
        const forth = compare(position, next.position)
        expect(order === 'total' ? ['before', 'same'] : ['before', 'same', 'unordered']).toContain(forth)
        expect(compare(next.position, position)).toBe(forth === 'before' ? 'after' : forth)
        if (forth === 'same') expect(next.memory).not.toEqual(memory)
      }
    })

    test('promise 2: it resumes from each commit with exactly what came after', async () => {
      const rests = [[6, 7, 4, 5], [4, 5], []]
      for (const [i, rest] of rests.entries()) {
        const from = commits[i]
        if (from === undefined) throw new Error('there were fewer commits than transactions')
        await using reading = await read(from)
        await stage.insertUnwatched()
        await reading.until('what is left', () => reading.ids.length >= rest.length && reading.events.some(isPlace))
        expect(reading.ids).toEqual(rest)
      }
    })

    test('promise 5: what is not watched moves the place, and nothing is skipped from there', async () => {
      const beyond = await placeBeyond(commits.at(-1) ?? born)
      await stage.insert([8])
      await using resumed = await read(beyond)
      await resumed.until('the row', () => resumed.ids.length > 0)
      expect(resumed.ids).toEqual([8])
    })

    test('promise 8: a beat comes back through the log with its nonce', async () => {
      await using opened = await probe()
      const nonce = makeNonce(readingContext.source, 'conformance')
      await using reading = await read(born)
      await opened.beat?.(nonce, never)
      await reading.until('the pulse', () =>
        reading.events.some((event) => event.type === 'pulse' && event.nonce === nonce),
      )
      expect(reading.ids).toEqual([1, 2, 3, 6, 7, 4, 5, 8])
    })

    test('a connection that breaks is a transient error', async () => {
      await using reading = await read(born)
      await reading.until('a row', () => reading.ids.length > 0)
      await stage.breakConnections()
      expect(kindOf(await reading.failure())).toBe('transient')
    })

    test('promise 13: aborting ends it without an error, and disposing twice is harmless', async () => {
      const reading = await read(born)
      await reading.until('a row', () => reading.ids.length > 0)
      await reading.stop()
      expect(await reading.failure()).toBeNull()
      await reading[Symbol.asyncDispose]()
      await reading.reader[Symbol.asyncDispose]()
    })

    test('a look says how far behind the offset is, and that it can be opened', async () => {
      await using opened = await probe()
      const state = await opened.inspect(born, never)
      expect(state.resume.can).toBe('yes')
      expect(state.server).toEqual(born.server)
      expect(state.behind).toBe('yes')
      const { head } = state
      if (head.position !== null) expect(stage.definition.positions.compare(head.position, born.position)).toBe('after')
    })

    test('promise 1: the server is told of an offset once it is acknowledged', async () => {
      await using reading = await read(born)
      const last = await reading.until('the newest commit', () => reading.commits.at(-1))
      const told = Promise.withResolvers<void>()
      reading.reader.acknowledge(last.offset, told.resolve)
      await told.promise
      acknowledged = last.offset
    })

    test('promise 9: a lost place is said by the look and by the reader, as the same error', async () => {
      await stage.losePlace()
      await using opened = await probe()
      const { resume } = await opened.inspect(acknowledged, never)
      if (resume.can !== 'no') throw new Error(`the look says that it can: ${resume.can}`)
      await using reading = await read(acknowledged)
      const error = asOffbeatError(await reading.failure())
      expect(error.code).toBe(resume.code)
      expect(error.kind).toBe('lost position')
      expect(resume.choices.length).toBeGreaterThan(0)
    })

    async function placeBeyond(from: Offset): Promise<Offset> {
      await using reading = await read(from)
      await stage.insertUnwatched()
      const { compare } = stage.definition.positions
      return await reading.until('a place beyond', () => {
        const places = reading.events.filter(isPlace).map((event) => event.offset)
        return places.find((offset) => compare(offset.position, from.position) === 'after')
      })
    }
  })
}

type PlaceEvent = Extract<LogEvent, { type: 'commit' | 'progress' }>

function isPlace(event: LogEvent): event is PlaceEvent {
  return event.type === 'commit' || event.type === 'progress'
}

/** A server may also tell of transactions that hold nothing of ours (PostgreSQL 14). */
function commitsWithRows(events: readonly LogEvent[]): readonly Offset[] {
  let hasRows = false
  return events.flatMap((event) => {
    if (event.type === 'begin') hasRows = false
    if (event.type === 'change') hasRows = true
    return event.type === 'commit' && hasRows ? [event.offset] : []
  })
}

/** Begin and commit alternate; rows and pulses stand between them, progress never does. */
function expectWhole(events: readonly LogEvent[]): void {
  let isOpen = false
  for (const { type } of events) {
    if (type === 'begin' || type === 'progress') expect(isOpen).toBe(false)
    if (type === 'change' || type === 'pulse' || type === 'commit') expect(isOpen).toBe(true)
    if (type === 'begin') isOpen = true
    if (type === 'commit') isOpen = false
  }
}

function kindOf(error: unknown): ErrorKind {
  return asOffbeatError(error).kind
}
