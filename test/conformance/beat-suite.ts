import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asOffbeatError } from '../../src/model/error.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import { makeNonce } from '../../src/model/nonce.ts'
import type { Position } from '../../src/model/position.ts'
import { readingContext } from '../support/reading.ts'
import type { BeatStage, Stage, StageDatabase } from './stage.ts'
import { failureOf, firstOffsetOf, never, probeOf, readingOf, runPrinted, sourceOf } from './staged-source.ts'

const nonceOf = (id: string) => makeNonce(readingContext.source, id)

/** Tests heartbeats of mode `table`: `Probe.beat`, and their way back through the log if there is a reader. */
export function beatSuite<Database extends StageDatabase>(
  stage: Stage<Database>,
  { rows, job, obstacles, createsTable, hidesPrivileges }: BeatStage<Database>,
): void {
  describe(`the heartbeats of ${stage.name}`, () => {
    test('promise 7: one row is inserted when it is missing, and there are no more with time', async () => {
      await using database = await stage.open()
      expect(await rows(database)).toBe(0)
      await using probe = await probeOf(await sourceOf(database))
      for (const id of ['a', 'b', 'c']) {
        await probe.beat?.(nonceOf(id), never)
        expect(await rows(database)).toBe(1)
      }
    })

    if (stage.reader !== undefined)
      test('promise 8: each comes back through the log with its nonce, a job has none', async () => {
        await using database = await stage.open()
        const source = await sourceOf(database)
        const startOffset = await firstOffsetOf(source)
        await using probe = await probeOf(source)
        await job(database)
        const first = await probe.beat?.(nonceOf('a'), never)
        await database.commit([{ insert: 1 }])
        await probe.beat?.(nonceOf('b'), never)
        await using reading = await readingOf(source, startOffset)
        const pulses = () => reading.events.flatMap((event) => (event.type === 'pulse' ? [event.nonce] : []))
        await reading.until('the last one', () => pulses().includes(nonceOf('b')))
        expect(pulses().slice(-3)).toEqual([null, nonceOf('a'), nonceOf('b')])
        await reading.until('the last commit', () => reading.events.at(-1)?.type !== 'pulse')
        // The rows of the heartbeat table are not changes of a watched table.
        expect(reading.ids).toEqual([1])
        const reached = first?.reached ?? null
        if (reached !== null) {
          const { compare } = source.definition.positions
          expect(
            compare(
              reached,
              commitAfter(reading.events, ({ type }) => type === 'change'),
            ),
          ).toBe('before')
          const ofBeat = commitAfter(reading.events, (event) => event.type === 'pulse' && event.nonce === nonceOf('a'))
          expect(compare(reached, ofBeat)).not.toBe('before')
        }
      })

    test('promise 7: what makes a table missing and a write denied are among the obstacles', () => {
      const required = [...(createsTable === true ? [] : ['HEARTBEAT_TABLE_MISSING']), 'HEARTBEAT_DENIED']
      expect(Object.keys(obstacles)).toEqual(expect.arrayContaining(required))
    })

    describe('in one database', () => {
      let database: Database
      beforeAll(async () => {
        database = await stage.open()
      })
      afterAll(async () => {
        await database?.[Symbol.asyncDispose]()
      })

      test.each(Object.entries(obstacles))(
        'promise 11: %s names what keeps a heartbeat from being written, and what it prints fixes it',
        async (code, make) => {
          await using probe = await probeOf(await sourceOf(database))
          await probe.beat?.(nonceOf('before'), never)
          await make(database)
          const error = await failureOf(async () => probe.beat?.(nonceOf('kept'), never))
          expect(error).toMatchObject({ code, found: expect.anything(), expected: expect.anything() })
          const { unwritable } = await probe.inspect(() => null, never)
          const isSeen = SEEN_BY_INSPECTION.includes(code) && !(hidesPrivileges === true && code === 'HEARTBEAT_DENIED')
          if (isSeen) expect(unwritable).toMatchObject({ hop: 'written', code })
          await runPrinted(database, asOffbeatError(error).fix)
          await probe.beat?.(nonceOf('after'), never)
          expect((await probe.inspect(() => null, never)).unwritable).toBeNull()
        },
      )

      test('promise 13: a heartbeat that is aborted is not waited for', async () => {
        await using probe = await probeOf(await sourceOf(database))
        await expect(probe.beat?.(nonceOf('a'), AbortSignal.abort(new Error('enough')))).rejects.toThrow()
      })
    })
  })
}

function commitAfter(events: readonly LogEvent[], isIt: (event: LogEvent) => boolean): Position {
  const commit = events.slice(events.findIndex(isIt)).find((event) => event.type === 'commit')
  return commit?.type === 'commit' ? commit.offset.position : expect.fail('no commit after it')
}

/** An inspection has to find only these failures. Others show only when a heartbeat is written. */
const SEEN_BY_INSPECTION: readonly string[] = ['HEARTBEAT_TABLE_MISSING', 'HEARTBEAT_DENIED']
