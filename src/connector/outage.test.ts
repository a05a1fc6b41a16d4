import { expect, test } from 'vitest'
import { RecordedLog } from '../../test/support/recorded-log.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { OffbeatError } from '../model/error.ts'
import { Outage } from './outage.ts'

const AWAY = new OffbeatError('DATABASE_UNREACHABLE', { message: 'it is away' })
const FULL = new OffbeatError('STORE_FULL', { message: 'it is full' })

function scene() {
  const clock = new VirtualClock()
  const log = new RecordedLog()
  const { lines } = log
  return { clock, lines, outage: new Outage(log, clock) }
}

test('the first bytes after an outage are logged, with how long it was and how many attempts it took', () => {
  const { clock, lines, outage } = scene()
  outage.gave()
  outage.stored()
  expect(lines).toEqual([])
  for (let attempt = 0; attempt < 6; attempt++) {
    outage.failed(AWAY)
    clock.advance(3500)
  }
  outage.gave()
  outage.gave()
  outage.stored()
  const fields = { code: 'DATABASE_UNREACHABLE', awayMs: 21_000, attempts: 6 }
  const message = 'streaming again after 21 s and 6 attempts (DATABASE_UNREACHABLE)'
  expect(lines).toEqual([{ level: 'info', fields, message }])
})

test('a stream that gives something and fails again and again is not said to work until something is stored', () => {
  const { clock, lines, outage } = scene()
  outage.failed(FULL)
  clock.advance(1000)
  outage.gave()
  expect(lines).toHaveLength(1)
  outage.failed(FULL)
  for (let attempt = 0; attempt < 5; attempt++) {
    outage.gave()
    outage.failed(FULL)
  }
  const before = lines.length
  for (let attempt = 0; attempt < 5; attempt++) {
    outage.gave()
    outage.failed(FULL)
  }
  expect(lines).toHaveLength(before)
  outage.stored()
  expect(lines.at(-1)?.message).toMatch(/^streaming again after .* attempts \(STORE_FULL\)$/u)
})
