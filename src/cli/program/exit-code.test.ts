import { expect, test } from 'vitest'
import { OffbeatError } from '../../model/error.ts'
import { exitCodeOf, worstExitCode } from './exit-code.ts'

test.each([
  ['CONFIG_INVALID', 2],
  ['DATABASE_PERMISSION', 2],
  ['POSTGRES_SLOT_INVALIDATED', 3],
  ['DATABASE_UNREACHABLE', 4],
  ['DEFECT', 70],
] as const)('%s ends the process with %d', (code, exit) => {
  expect(exitCodeOf(new OffbeatError(code, { message: 'x' }))).toBe(exit)
})

test('the worst code is the one that most wants a person', () => {
  expect(worstExitCode([])).toBe(0)
  expect(worstExitCode([0, 4, 1])).toBe(4)
  expect(worstExitCode([4, 2])).toBe(2)
  expect(worstExitCode([2, 3, 4])).toBe(3)
  expect(worstExitCode([3, 70, 0])).toBe(70)
})
