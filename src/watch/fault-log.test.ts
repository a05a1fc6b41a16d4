import { expect, test } from 'vitest'
import { RecordedLog } from '../../test/support/recorded-log.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { forPerson } from '../model/fix.ts'
import { FaultLog, REPEAT_MS } from './fault-log.ts'

function scene() {
  const clock = new VirtualClock()
  const log = new RecordedLog()
  const { lines } = log
  const fault = new FaultLog(log, clock)
  const is = (code: string, cause?: string) =>
    fault.is({
      code,
      ...(cause === undefined ? {} : { cause }),
      found: 'a fact',
      fix: [forPerson('do it')],
      message: `it failed: ${code}`,
    })
  return { clock, lines, fault, is }
}

test('a fault is logged when it begins and when it is over, with its code, what was found and the fix', () => {
  const { clock, lines, fault, is } = scene()
  fault.isOver('it works')
  is('A_CODE')
  clock.advance(1000)
  is('A_CODE')
  clock.advance(20_000)
  fault.isOver('it works')
  fault.isOver('it works')
  expect(lines).toEqual([
    {
      level: 'warn',
      fields: { code: 'A_CODE', found: 'a fact', fix: [forPerson('do it')] },
      message: 'it failed: A_CODE',
    },
    {
      level: 'info',
      fields: { code: 'A_CODE', lastedMs: 21_000 },
      message: 'it works; the fault A_CODE lasted 21 s',
    },
  ])
})

test('a fault that lasts is repeated every ten minutes, louder, with how many lines were left out', () => {
  const { clock, lines, is } = scene()
  for (let second = 0; second <= 3 * (REPEAT_MS / 1000); second++) {
    is('A_CODE')
    clock.advance(1000)
  }
  expect(lines.map(({ level }) => level)).toEqual(['warn', 'error', 'error', 'error'])
  expect(lines.map(({ fields }) => fields['linesLeftOut'])).toEqual([undefined, 599, 599, 599])
})

test('a fault of the same code with another cause is logged at once', () => {
  const { lines, is } = scene()
  is('A_CODE', 'one')
  is('A_CODE', 'one')
  is('A_CODE', 'another')
  expect(lines).toHaveLength(2)
})

test('a fault that becomes another is logged at once, and has lasted from the first', () => {
  const { clock, lines, fault, is } = scene()
  is('A_CODE')
  clock.advance(1000)
  is('ANOTHER_CODE')
  clock.advance(1000)
  fault.isOver('it works')
  expect(lines.map(({ fields }) => fields['code'])).toEqual(['A_CODE', 'ANOTHER_CODE', 'ANOTHER_CODE'])
  expect(lines[2]?.fields['lastedMs']).toBe(2000)
})
