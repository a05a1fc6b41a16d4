import fc from 'fast-check'
import { expect, test } from 'vitest'
import { numberOf, positionAt } from '../../test/support/simulated/position.ts'
import type { Offset } from '../model/offset.ts'
import { BatchBuilder } from './batch-builder.ts'

const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), size: fc.integer({ min: 0, max: 300_000 }) }),
  fc.record({ do: fc.constant('cover' as const) }),
  fc.record({ do: fc.constant('take' as const) }),
)

function offsetAt(count: number): Offset {
  return { position: positionAt(count), server: null, memory: {}, moved: { by: 'commit', why: '', atMs: 0 } }
}

function positionOf(batch: { readonly offset: Offset } | null): number | null {
  return batch && numberOf(batch.offset.position)
}

function textOf(message: { bytes: Uint8Array; keyAt: number; end: number }): string {
  return Buffer.from(message.bytes).toString('latin1', message.keyAt, message.end)
}

test('promise 3: what is taken with an offset is what was covered, whole and in order; the rest stays', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const builder = new BatchBuilder()
      const added: string[] = []
      const taken: string[] = []
      let covered = -1
      for (const each of steps) {
        if (each.do === 'add') {
          const text = `${added.length}:${'x'.repeat(each.size)}`
          added.push(text)
          const keyAt = builder.writer.length
          builder.writer.ascii(text)
          builder.add('topic', keyAt, builder.writer.length, 0)
        } else if (each.do === 'cover') {
          builder.cover(offsetAt(added.length))
          covered = added.length
        } else {
          const batch = builder.takeWhole()
          expect(positionOf(batch)).toBe(covered < 0 ? null : covered)
          taken.push(...(batch?.messages ?? []).map(textOf))
          if (covered >= 0) expect(taken).toHaveLength(covered)
          covered = -1
        }
      }
      taken.push(...builder.takePart().messages.map(textOf))
      expect(taken).toEqual(added)
    }),
    { numRuns: 60 },
  )
})

test('a block owns its memory, so that it can be handed to another thread', () => {
  const builder = new BatchBuilder()
  builder.writer.ascii('12345')
  builder.add('topic', 0, 1, 0)
  const [message] = builder.takePart().messages
  expect(message?.bytes.buffer.byteLength).toBe(5)
})
