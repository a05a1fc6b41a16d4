/**
 * A process that writes numbered transactions to the store named in its arguments until it is killed. It continues after the stored offset.
 * Transaction t has `sizeOf(t)` messages, in batches of at most 200. Some transactions share a batch.
 */
import { systemClock } from '../../src/cli/program/system-clock.ts'
import { Store } from '../../src/sqlite/store.ts'
import { batchOf, offsetAt, type Sample } from '../conformance/sample-batch.ts'
import { silentLog } from './silent-log.ts'

const BATCH = 200

export function sizeOf(transaction: number): number {
  return transaction % 7 === 0 ? 1700 : 1 + ((transaction * 37) % 90)
}

if (import.meta.main) await writeForEver(process.argv[2] ?? '')

async function writeForEver(path: string): Promise<void> {
  const retain = { ageMs: null, messages: null }
  const options = { path, command: 'store-child', retain, maxBytes: null, clock: systemClock, log: silentLog }
  const signal = new AbortController().signal
  await using store = await Store.open(options)
  await using lane = await store.sink().claim('shop', signal)
  process.stdout.write('writing\n')
  for (let transaction = Number(lane.offset?.position ?? 0) + 1; ; transaction++) {
    const samples = messagesOf(transaction)
    for (; samples.length > BATCH; ) await lane.write(batchOf(samples.splice(0, BATCH), null), signal)
    await lane.write(batchOf(samples, offsetAt(String(transaction))), signal)
  }
}

function messagesOf(transaction: number): Sample[] {
  return Array.from({ length: sizeOf(transaction) }, (_, i) => ({
    topic: `shop.public.${i % 3 === 0 ? 'orders' : 'customers'}`,
    key: null,
    value: `[${transaction},${i}]`,
  }))
}
