import { expect, it } from 'vitest'
import { LSN_POSITIONS } from '../position.ts'
import { timelineAt } from './timeline.ts'

it('a position lies on the first timeline that was left at or after it', () => {
  const at = (lsn: string) => LSN_POSITIONS.parse(lsn)
  const history = {
    switchedAt: new Map([
      [1, at('0/100')],
      [3, at('0/200')],
    ]),
  }
  const on = (lsn: string) => timelineAt(at(lsn), 4, history)
  expect(['0/50', '0/100', '0/101', '0/200', '0/201'].map(on)).toEqual([1, 1, 3, 3, 4])
})
