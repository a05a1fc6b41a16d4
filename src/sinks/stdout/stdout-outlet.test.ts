import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { batchOf } from '../../../test/conformance/sample-batch.ts'
import { waitFor } from '../../../test/support/wait-for.ts'
import { messageLines } from './message-lines.ts'
import { StdoutOutlet } from './stdout-outlet.ts'

const CHILD = new URL('../../../test/support/stdout-child.ts', import.meta.url).pathname

it('prints one line a message, the JSON as it came', () => {
  const { messages } = batchOf(
    [
      { topic: 'a.b', key: '{"id":9007199254740993}', value: '{"x":1.10,\r\n "y":"a\\nb"}' },
      { topic: 'gr"ö', key: null, value: null },
    ],
    null,
  )
  expect(messageLines(messages).toString()).toBe(
    '{"topic":"a.b","key":{"id":9007199254740993},"value":{"x":1.10,   "y":"a\\nb"},"ts_ms":1767225600123}\n' +
      '{"topic":"gr\\"ö","key":null,"value":null,"ts_ms":1767225600123}\n',
  )
})

it('prints the values alone, without heartbeats and tombstones, for readers that know no more', () => {
  const { messages } = batchOf(
    [
      { topic: 'shop.public.a', key: '{"id":1}', value: '{"op":"d"}' },
      { topic: 'shop.public.a', key: '{"id":1}', value: null },
      { topic: '__offbeat_heartbeat', key: '"shop"', value: '{"op":"heartbeat"}' },
    ],
    null,
  )
  const lines = (format: 'message' | 'value', heartbeats: boolean) =>
    messageLines(messages, { format, heartbeats }).toString().trimEnd().split('\n')
  expect(lines('value', false)).toEqual(['{"op":"d"}'])
  expect(lines('value', true)).toEqual(['{"op":"d"}', '{"op":"heartbeat"}'])
  expect(lines('message', false).map((line) => JSON.parse(line).value)).toEqual([{ op: 'd' }, null])
  expect(lines('message', true)).toHaveLength(3)
})

it('prints a large message in pieces, none of it lost', async () => {
  const sizes: number[] = []
  const hash = createHash('sha256')
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      sizes.push(chunk.length)
      hash.update(chunk)
      setImmediate(done)
    },
  })
  const bytes = Buffer.alloc(70 * 1024 * 1024, '7')
  bytes.write('12', 64 * 1024 * 1024 - 1)
  const message = { topic: 'a', bytes, keyAt: 0, valueAt: 0, end: bytes.length, tsMs: 1 }
  const outlet = new StdoutOutlet(stream, { format: 'value', heartbeats: true })
  await outlet.deliver({ messages: [message], offset: null }, new AbortController().signal)
  expect(sizes).toEqual([64 * 1024 * 1024, 6 * 1024 * 1024 + 1])
  expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).update('\n').digest('hex'))
})

it('waits for a slow reader without holding up the process, and ends with OUTPUT_CLOSED when it goes away', async () => {
  const child = spawn(process.execPath, [CHILD], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  // Nobody reads the output: the timer must continue while deliveries wait.
  await waitFor({ until: 'ten ticks' }, () => ((output.match(/tick/g) ?? []).length >= 10 ? true : null))
  const before = (output.match(/delivered/g) ?? []).length
  expect(before).toBeLessThan(5)
  child.stdout.resume()
  await waitFor({ until: 'deliveries go on' }, () =>
    (output.match(/delivered/g) ?? []).length > before + 5 ? true : null,
  )
  child.stdout.destroy()
  const [code] = await once(child, 'close')
  expect(output).toContain('failed OUTPUT_CLOSED')
  expect(code).toBe(0)
})
