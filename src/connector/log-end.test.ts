import { expect, test } from 'vitest'
import { logState } from '../../test/support/log-state.ts'
import { numberPositions, positionAt } from '../../test/support/simulated/position.ts'
import { LogEnd } from './log-end.ts'

const mark = (position: number | null, atMs: number | null) => ({
  name: 'log',
  shown: 'file 7',
  position: position === null ? null : positionAt(position),
  atMs,
})

test('a head with a position is passed by the offset alone', () => {
  const end = new LogEnd(logState({ head: mark(100, 5), behind: 'no' }), numberPositions)
  end.pulse(6)
  end.inspected({ behind: 'no' })
  expect([null, positionAt(99), positionAt(100), positionAt(101)].map((newest) => end.hasPassed(newest))).toEqual([
    false,
    false,
    true,
    true,
  ])
  expect(end.signal.aborted).toBe(false)
})

test('a head without one is passed with the first pulse that was committed after the inspection', () => {
  const end = new LogEnd(logState({ head: mark(null, 5), behind: 'yes' }), numberPositions)
  for (const early of [null, 4, 5]) end.pulse(early)
  expect(end.hasPassed(positionAt(1_000))).toBe(false)
  end.pulse(6)
  expect(end.hasPassed(null)).toBe(true)
  expect(end.signal.aborted).toBe(true)
})

test('its time is that of the inspection where the head has none', () => {
  const end = new LogEnd(logState({ head: mark(null, null), atMs: 5, behind: 'unknown' }), numberPositions)
  end.pulse(5)
  expect(end.hasPassed(null)).toBe(false)
  end.pulse(6)
  expect(end.hasPassed(null)).toBe(true)
})

test('or when an inspection finds nothing after the stored offset, the first one too', () => {
  const end = new LogEnd(logState({ head: mark(null, 5), behind: 'unknown' }), numberPositions)
  end.inspected({ behind: 'yes' })
  expect(end.hasPassed(null)).toBe(false)
  end.inspected({ behind: 'no' })
  expect(end.hasPassed(null)).toBe(true)
  expect(new LogEnd(logState({ head: mark(null, 5), behind: 'no' }), numberPositions).hasPassed(null)).toBe(true)
})
