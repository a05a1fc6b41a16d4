import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LSN_POSITIONS, lsnFromBigint } from '../position.ts'
import { StatusSender } from './status-sender.ts'

const at = (text: string) => LSN_POSITIONS.parse(text)

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

function sender() {
  const sent: string[] = []
  const status = new StatusSender({
    write: (message, written) => {
      const positions = [6, 14, 22].map((offset) => String(lsnFromBigint(message.readBigUInt64BE(offset))))
      sent.push([...new Set(positions)].join(' '))
      written()
    },
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    from: at('0/10'),
  })
  return { sent, status }
}

test('acknowledgements that follow each other go out as one, within 100 ms, and each is notified', () => {
  const { sent, status } = sender()
  const notified: string[] = []
  for (const position of ['0/20', '0/30', '0/40']) status.acknowledge(at(position), () => notified.push(position))
  expect(sent).toEqual([])
  vi.advanceTimersByTime(100)
  expect(sent).toEqual(['0/40'])
  expect(notified).toEqual(['0/20', '0/30', '0/40'])
})

test('promise 4: an older acknowledgement never moves the position back', () => {
  const { sent, status } = sender()
  status.acknowledge(at('0/40'), () => undefined)
  status.acknowledge(at('0/20'), () => undefined)
  status.send(false)
  expect(sent).toEqual(['0/40'])
})

test('questions are answered four times a second at most, and never with what was not acknowledged', () => {
  const { sent, status } = sender()
  for (let ms = 0; ms < 1000; ms++) {
    status.answer(at('0/99'))
    vi.advanceTimersByTime(1)
  }
  expect(sent.length).toBeLessThanOrEqual(5)
  expect(new Set(sent)).toEqual(new Set(['0/10']))
})

test('what the server waits for is sent at once', () => {
  const { sent, status } = sender()
  status.answer(at('0/99'))
  status.acknowledge(at('0/99'), () => undefined)
  expect(sent).toEqual(['0/10', '0/99'])
})

test('promise 13: after closing nothing is sent and no timer is left; what was acknowledged before is sent first', () => {
  const { sent, status } = sender()
  status.acknowledge(at('0/20'), () => undefined)
  status.close()
  status.send(false)
  status.acknowledge(at('0/30'), () => undefined)
  expect(sent).toEqual(['0/20'])
  expect(vi.getTimerCount()).toBe(0)
})
