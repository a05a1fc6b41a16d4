import { expect, test } from 'vitest'
import type { LogEvent } from '../../../model/log-event.ts'
import { LSN_POSITIONS } from '../position.ts'
import { ProgressGate } from './progress-gate.ts'

const at = (text: string) => LSN_POSITIONS.parse(text)
const gateFrom = (text: string) =>
  new ProgressGate(
    { from: at(text), server: { systemIdentifier: '1' } },
    () => 0,
    () => ({ version: 1 }),
  )

test('only the newest of keepalives in a row is given, urgent when one of them was', () => {
  const into: LogEvent[] = []
  const gate = gateFrom('0/10')
  gate.keepalive(at('0/20'), true, into)
  gate.keepalive(at('0/30'), false, into)
  expect(into).toMatchObject([
    { type: 'progress', urgent: true, offset: { position: at('0/30'), memory: { version: 1 } } },
  ])
})

test('promise 4: a keepalive from before the last commit, or before the start, gives nothing', () => {
  const into: LogEvent[] = []
  const gate = gateFrom('0/10')
  gate.keepalive(at('0/F'), false, into)
  gate.committed(0x40n)
  gate.keepalive(at('0/3F'), false, into)
  expect(into).toEqual([])
  gate.keepalive(at('0/40'), false, into)
  expect(into).toHaveLength(1)
})
