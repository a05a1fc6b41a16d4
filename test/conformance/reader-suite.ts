import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asOffbeatError } from '../../src/model/error.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { Offset } from '../../src/model/offset.ts'
import { idsOf, readingContext } from '../support/reading.ts'
import type { TestedSource } from '../support/run-once.ts'
import type { ReaderStage, Stage, StageDatabase } from './stage.ts'
import { never, probeOf, readerOf, readingOf, sourceOf } from './staged-source.ts'

/** Tests `Reader`, and what `Probe` reports about an offset. Each test continues from the one before. */
export function readerSuite<Database extends StageDatabase>(
  stage: Stage<Database>,
  { open, begin, rotate, lose }: ReaderStage<Database>,
): void {
  describe(`the reader of ${stage.name}`, () => {
    let database: Database
    let source: TestedSource
    let startOffset: Offset
    let commits: readonly Offset[]
    /** The offset of the newest transaction that was read. */
    let end: Offset
    beforeAll(async () => {
      database = await (open ?? stage.open)()
      source = await sourceOf(database)
    })
    afterAll(async () => {
      await database?.[Symbol.asyncDispose]()
    })
    const read = (from: Offset | 'now') => readingOf(source, from)
    const insert = (...ids: readonly number[]) => database.commit(ids.map((id) => ({ insert: id })))

    test('from now, it first gives the position where it begins, before any change', async () => {
      await using reading = await read('now')
      startOffset = await reading.firstOffset()
      expect(reading.events[0]?.type).toBe('progress')
      expect(startOffset.server).not.toBeNull()
      const { parse, text } = source.definition.positions
      expect(parse(text(startOffset.position))).toEqual(startOffset.position)
    })

    test('yields as soon as the log is open, before it has anything to give', async () => {
      await using reader = await readerOf(source)
      for await (const events of reader.read(startOffset, never)) {
        expect(events.filter(({ type }) => type !== 'notice')).toEqual([])
        break
      }
    })

    test('promise 3: transactions come whole and in the order of their commits, also where they overlap', async () => {
      await insert(1, 2, 3)
      const pending = await begin(database, [4, 5])
      await insert(6, 7)
      await pending.commit()
      await using reading = await read(startOffset)
      await reading.until('seven rows', () => commitsWithRows(reading.events).length >= 3)
      expect(reading.ids).toEqual([1, 2, 3, 6, 7, 4, 5])
      expectWhole(reading.events)
      expectNamed(reading.events, source)
      commits = commitsWithRows(reading.events)
      end = commits.at(-1) ?? expect.fail('no commit')
    })

    test('promise 4: positions rise from commit to commit, and compare by the log', () => {
      const { compare, parse, text, order } = source.definition.positions
      const offsets = [startOffset, ...commits]
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
        await using reading = await read(commits[i] ?? expect.fail('fewer commits than transactions'))
        await database.commitElsewhere()
        await reading.until('what is left', () => reading.ids.length >= rest.length && reading.events.some(hasOffset))
        expect(reading.ids).toEqual(rest)
      }
    })

    test('promise 5: what is not watched moves the position, also into an open transaction, and nothing is skipped from there', async () => {
      const pending = await begin(database, [8])
      const left = await begin(database, [0])
      end = await positionBeyond(end)
      await pending.commit()
      await left.rollback()
      await insert(81)
      expect(idsOf(await readOn(2))).toEqual([8, 81])
    })

    test('promise 2: nothing is acknowledged by itself', async () => {
      await using probe = await probeOf(source)
      const kept = async () => (await probe.keptPosition?.(never))?.position
      const before = await kept()
      await insert(82)
      expect(idsOf(await readOn(1))).toEqual([82])
      expect(await kept()).toEqual(before)
    })

    test('an insert, an update and a delete of a row come as what they are, with its key', async () => {
      await database.commit([{ insert: 9 }, { update: 9 }, { delete: 9 }])
      const events = await readOn(1)
      const changes = events.filter((event) => event.type === 'change')
      expect(changes.map(({ op, after }) => [op, after !== null])).toEqual([
        ['c', true],
        ['u', true],
        ['d', false],
      ])
      expect(changes.at(-1)?.before).not.toBeNull()
      expect(idsOf(events)).toEqual([9, 9, 9])
    })

    if (rotate !== undefined)
      test('goes on into a new file of the log, and resumes from before it', async () => {
        await insert(10)
        await rotate(database)
        await insert(11)
        const before = end
        const events = await readOn(2)
        expect(idsOf(events)).toEqual([10, 11])
        await rotate(database)
        end = before
        expect(idsOf(await readOn(2))).toEqual([10, 11])
      })

    test('promise 10: a source that only reads reads the same', async () => {
      const only = await sourceOf(database, { readOnly: true, heartbeat: { source: 'off' } })
      await insert(12)
      await using reading = await readingOf(only, end)
      await reading.until('the row', () => reading.ids.length > 0)
      expect(reading.ids).toEqual([12])
    })

    test('a connection that breaks is a transient error', async () => {
      await using reading = await read(startOffset)
      await reading.until('a row', () => reading.ids.length > 0)
      await database.cut()
      expect(asOffbeatError(await reading.failure()).kind).toBe('transient')
    })

    test('promise 13: aborting ends it without an error, and disposing twice is harmless', async () => {
      const { definition, config } = source
      const aborted = AbortSignal.abort(new Error('enough'))
      await expect(definition.reader?.(config, readingContext, aborted)).rejects.toThrow()
      const reading = await read(startOffset)
      await reading.until('a row', () => reading.ids.length > 0)
      await reading.stop()
      expect(await reading.failure()).toBeNull()
      await reading[Symbol.asyncDispose]()
      await reading.reader[Symbol.asyncDispose]()
    })

    test('an inspection says that the offset is behind, and that it can be opened', async () => {
      await using probe = await probeOf(source)
      const state = await probe.inspect(() => startOffset, never)
      expect(state).toMatchObject({
        resume: { can: 'yes', as: 'same server' },
        server: startOffset.server,
        behind: 'yes',
      })
      const { head } = state
      if (head.position !== null)
        expect(source.definition.positions.compare(head.position, startOffset.position)).toBe('after')
    })

    test('an offset is made of a position alone, and reading from it gives what came after', async () => {
      await using probe = await probeOf(source)
      const second = commits[1] ?? expect.fail('no second commit')
      const content = await probe.offsetAt?.(second.position, null, never)
      expect(content?.server).toEqual(second.server)
      await using reading = await read({ ...second, ...content })
      await reading.until('three rows', () => reading.ids.length >= 3)
      expect(reading.ids.slice(0, 3)).toEqual([4, 5, 8])
    })

    test('promise 1: the server gets an offset once it is acknowledged, and keeps the position where it keeps any', async () => {
      await using probe = await probeOf(source)
      const first = commits[0] ?? expect.fail('no commit')
      await using reading = await read(startOffset)
      await reading.until('the first commit', () => commitsWithRows(reading.events)[0])
      const sent = Promise.withResolvers<void>()
      reading.reader.acknowledge(first, sent.resolve)
      await sent.promise
      const { compare } = source.definition.positions
      await reading.until('the server has it', async () => {
        const kept = await probe.keptPosition?.(never)
        return kept === undefined || compare(kept.position, first.position) !== 'before'
      })
    })

    test('promise 9: a lost position is said by the inspection and by the reader, as the same error, and nothing is read', async () => {
      const lost = await lose(database, commits[0] ?? startOffset)
      await using probe = await probeOf(source)
      const { resume } = await probe.inspect(() => lost, never)
      if (resume.can !== 'no') throw new Error(`the inspection says that it can: ${resume.can}`)
      await using reading = await read(lost)
      const error = asOffbeatError(await reading.failure())
      expect({ code: error.code, kind: error.kind }).toEqual({ code: resume.code, kind: 'lost position' })
      expect(reading.events).toEqual([])
      expect(resume.choices.length).toBeGreaterThan(0)
      expect(error.loss?.choices.length).toBeGreaterThan(0)
    })

    /** Reads from `end` until this many more transactions with rows have arrived. */
    async function readOn(transactions: number): Promise<readonly LogEvent[]> {
      await using reading = await read(end)
      await reading.until('the rows', () => commitsWithRows(reading.events).length >= transactions)
      end = commitsWithRows(reading.events).at(-1) ?? end
      return reading.events
    }

    async function positionBeyond(from: Offset): Promise<Offset> {
      await using reading = await read(from)
      await database.commitElsewhere()
      const { compare } = source.definition.positions
      return await reading.until('a position beyond', () =>
        reading.events
          .filter(hasOffset)
          .map(({ offset }) => offset)
          .find((offset) => compare(offset.position, from.position) === 'after'),
      )
    }
  })
}

type OffsetEvent = Extract<LogEvent, { type: 'commit' | 'progress' }>

function hasOffset(event: LogEvent): event is OffsetEvent {
  return event.type === 'commit' || event.type === 'progress'
}

/** A server can also report transactions that contain nothing of ours. */
function commitsWithRows(events: readonly LogEvent[]): readonly Offset[] {
  let hasRows = false
  return events.flatMap((event) => {
    if (event.type === 'begin') hasRows = false
    if (event.type === 'change') hasRows = true
    return event.type === 'commit' && hasRows ? [event.offset] : []
  })
}

/** Checks that begin and commit alternate, that rows and pulses are between them, and that progress never is. */
function expectWhole(events: readonly LogEvent[]): void {
  let isOpen = false
  for (const { type } of events) {
    if (type === 'begin' || type === 'progress') expect(isOpen).toBe(false)
    if (type === 'change' || type === 'pulse' || type === 'commit') expect(isOpen).toBe(true)
    if (type === 'begin') isOpen = true
    if (type === 'commit') isOpen = false
  }
}

/** Checks that the data for the envelope has the form that the definition states. */
function expectNamed(events: readonly LogEvent[], { definition }: TestedSource): void {
  for (const event of events) {
    if (event.type === 'begin' && definition.transactionIds === 'number') expect(event.transaction).toMatch(/^\d+$/u)
    if (event.type !== 'change') continue
    expect(event.table.name).toBe('item')
    expect(event.position.length).toBeLessThanOrEqual(definition.positionFields.length)
  }
}
