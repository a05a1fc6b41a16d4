import { expect, test } from 'vitest'
import { asOffbeatError } from './error.ts'

function thrownBy(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

test.each([
  ['a text that is no JSON', () => JSON.parse('planted')],
  ['a text that is no number', () => BigInt('planted')],
  ['a text that is no URL', () => new URL('planted')],
  ['a value that Node refuses', () => Buffer.alloc(JSON.parse('"planted"'))],
  ["a driver's error", () => Promise.reject(Object.assign(new Error('planted'), { code: '23514' }))],
  ['a text', () => JSON.parse('"planted"')],
])('promise 12: a defect does not show %s', async (_what, work) => {
  const error = asOffbeatError(await Promise.resolve(thrownBy(work)).catch((reason: unknown) => reason))
  expect(error.code).toBe('DEFECT')
  expect(error.message).not.toContain('planted')
})

test('a defect shows the words of our own code and of the system', () => {
  expect(asOffbeatError(new TypeError('x is not a function')).message).toBe('TypeError: x is not a function')
  const system = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'write' })
  expect(asOffbeatError(system).message).toBe('Error: ENOSPC: no space left')
})
