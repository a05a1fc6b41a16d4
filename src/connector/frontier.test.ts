import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type SimulatedPositions, TOTAL } from '../../test/support/simulated/position.ts'
import { PARTIAL } from '../../test/support/simulated-positions.ts'
import type { JsonObject } from '../model/json.ts'
import type { Offset } from '../model/offset.ts'
import { Frontier } from './frontier.ts'

function offset(positions: SimulatedPositions, text: string, memory: JsonObject = {}): Offset {
  const moved = { by: 'commit', why: '', atMs: 0 } as const
  return { position: positions.codec.parse(text), server: null, memory, moved }
}

/** Returns what a frontier does with each offset: accepts or rejects it. */
function walk(positions: SimulatedPositions, offsets: readonly (readonly [string, JsonObject?])[]): readonly string[] {
  const frontier = new Frontier(positions.codec)
  return offsets.map(([text, memory]) => {
    try {
      frontier.advance(offset(positions, text, memory))
      return 'on'
    } catch (error) {
      expect(error).toMatchObject({ code: 'OFFSET_BACKWARDS' })
      return 'refused'
    }
  })
}

test('promise 4: a commit lies after the one before it', () => {
  expect(walk(TOTAL, [['5'], ['6'], ['6'], ['4'], ['7']])).toEqual(['on', 'on', 'refused', 'refused', 'on'])
})

test('a tie, or a step of a snapshot, has the same position and another memory', () => {
  const steps = [['5'], ['5', { chunk: 1 }], ['5', { chunk: 1 }], ['5', { chunk: 2 }], ['4', { chunk: 3 }]] as const
  expect(walk(TOTAL, steps)).toEqual(['on', 'on', 'refused', 'on', 'refused'])
})

test('promise 4: of partly ordered positions none lies at or before any that was reached', () => {
  const steps = [
    ['0:5'],
    ['1:3'],
    ['0:4'],
    ['0:5', { other: 1 }],
    ['1:2'],
    ['0:6'],
    ['1:3', { other: 1 }],
    ['1:4'],
  ] as const
  expect(walk(PARTIAL, steps)).toEqual(['on', 'on', 'refused', 'refused', 'refused', 'on', 'refused', 'on'])
})

test('positions that a source declares totally ordered and cannot compare are refused', () => {
  const codec = { ...PARTIAL.codec, order: 'total' } as const
  expect(walk({ ...PARTIAL, codec }, [['0:5'], ['1:6']])).toEqual(['on', 'refused'])
})

test('promise 4: whatever comes, what is accepted never lies before anything accepted earlier', () => {
  const text = fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 6 })).map(([thread, scn]) => `${thread}:${scn}`)
  fc.assert(
    fc.property(fc.array(text, { maxLength: 30 }), (texts) => {
      const done = walk(
        PARTIAL,
        texts.map((each) => [each]),
      )
      const reached = texts.filter((_, i) => done[i] === 'on').map(PARTIAL.codec.parse)
      for (const [i, later] of reached.entries()) {
        for (const earlier of reached.slice(0, i)) {
          expect(['after', 'unordered']).toContain(PARTIAL.codec.compare(later, earlier))
        }
      }
    }),
  )
})

test('progress that says nothing new is no error', () => {
  const frontier = new Frontier(TOTAL.codec)
  frontier.restart(offset(TOTAL, '5'))
  const news = [['4'], ['5'], ['5', { chunk: 1 }], ['6', { chunk: 1 }], ['6', { chunk: 1 }]] as const
  expect(news.map(([text, memory]) => frontier.advanceIfNew(offset(TOTAL, text, memory)))).toEqual([
    false,
    false,
    true,
    true,
    false,
  ])
})
