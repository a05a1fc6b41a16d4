import type { Lane, Sink } from '../src/sinks/sink.ts'
import type { Store } from '../src/sqlite/store.ts'

/** MongoDB's documents are JSON in a text of the envelope, with a space after each name. */
const CREATED = /"created\\?": ?\\?"([^".Z]+)(\.\d+)?Z/

/**
 * A SQLite sink that measures each row from its own `clock_timestamp()`, taken just before its commit, until it is durable. It stops the
 * run after `messages` messages.
 */
export function openLatencySink(
  store: Store,
  messages: number,
  stop: AbortController,
): { readonly sink: Sink; figures(): object } {
  const inner = store.sink()
  const latenciesMs: number[] = []
  const timed = (lane: Lane): Lane => ({
    offset: lane.offset,
    async write(batch, signal) {
      const createdMs = batch.messages.flatMap(({ bytes, valueAt, end }) =>
        createdAtMs(Buffer.from(bytes.subarray(valueAt, end))),
      )
      await lane.write(batch, signal)
      const nowMs = performance.timeOrigin + performance.now()
      for (const each of createdMs) latenciesMs.push(nowMs - each)
      if (latenciesMs.length >= messages) stop.abort()
    },
    [Symbol.asyncDispose]: () => lane[Symbol.asyncDispose](),
  })
  const sink: Sink = {
    claim: async (source, signal) => timed(await inner.claim(source, signal)),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  }
  return { sink, figures: () => quantiles(latenciesMs) }
}

function createdAtMs(value: Buffer): number[] {
  const found = CREATED.exec(value.toString('utf8'))
  if (found === null) return []
  const [, seconds, fraction] = found
  return [Date.parse(`${seconds}Z`) + Number(`0${fraction ?? ''}`) * 1000]
}

function quantiles(values: readonly number[]): object {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null
  return { messages: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99) }
}
