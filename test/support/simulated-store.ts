import { OffbeatError } from '../../src/model/error.ts'
import type { Message } from '../../src/model/message.ts'
import type { StoredOffset } from '../../src/model/offset.ts'
import { paired } from '../../src/sinks/paired.ts'
import type { Lane, Outlet, Sink } from '../../src/sinks/sink.ts'
import type { Store } from '../../src/sqlite/store.ts'

/** What a reader of the topics sees: a row, or a layer 1 heartbeat with the position that it claims. */
export type Delivered = { readonly row: number } | { readonly heartbeatAt: string }

/** The durable part of a sink. A simulated crash leaves it unchanged. */
export interface SimulatedStore {
  readonly name: string
  /**
   * 'once': readers see each message once, together with its whole transaction. 'at least once': messages can be repeated after a crash.
   */
  readonly delivers: 'once' | 'at least once'
  /** A process's own handle to the store. A crash does not dispose it. */
  sink(): Sink
  offset(): StoredOffset | null
  setOffset(offset: StoredOffset): Promise<void>
  /** Everything that readers see now, oldest first. */
  visible(): Promise<readonly Delivered[]>
}

const decoder = new TextDecoder()

/** Parses a message that the connector built: the row's number, or the heartbeat's position. */
function deliveredOf(message: Pick<Message, 'topic' | 'bytes' | 'keyAt' | 'valueAt' | 'end'>): Delivered {
  const { topic, bytes, keyAt, valueAt, end } = message
  const heartbeat = topic.startsWith('__')
  const text = decoder.decode(heartbeat ? bytes.subarray(valueAt, end) : bytes.subarray(keyAt, valueAt))
  return deliveredFrom(heartbeat, text)
}

function deliveredFrom(heartbeat: boolean, json: string): Delivered {
  const parsed = JSON.parse(json) as { readonly id: number; readonly offset: string }
  return heartbeat ? { heartbeatAt: parsed.offset } : { row: parsed.id }
}

/** The simplest implementation of a lane's contract, to check the loop and the simulation against. */
export function memoryStore(): SimulatedStore {
  let epoch = 0
  let stored: StoredOffset | null = null
  let unseen: Delivered[] = []
  const seen: Delivered[] = []
  function claim(): Lane {
    const own = ++epoch
    unseen = []
    return {
      offset: stored,
      async write({ messages, offset }) {
        if (own !== epoch) throw new OffbeatError('FENCED', { message: 'another holder has claimed the lane' })
        unseen.push(...messages.map(deliveredOf))
        if (offset === null) return
        seen.push(...unseen)
        unseen = []
        stored = offset
      },
      [Symbol.asyncDispose]: async () => {
        if (own === epoch) unseen = []
      },
    }
  }
  return {
    name: 'memory',
    delivers: 'once',
    sink: () => ({ claim: async () => claim(), [Symbol.asyncDispose]: nothingToClose }),
    offset: () => stored,
    setOffset: async (offset) => {
      epoch++
      stored = offset
    },
    visible: async () => seen,
  }
}

/** The SQLite sink. Many simulations share one open store, each with its own source name. */
export function sqliteStore(store: Store, source: string): SimulatedStore {
  const seen: Delivered[] = []
  let afterSeq = 0
  return {
    name: 'sqlite',
    delivers: 'once',
    sink: () => renamed(store.sink(), source),
    offset: () => store.reader.offset(source),
    setOffset: (offset) => store.setOffset(source, offset),
    visible: async () => {
      const news = store.reader.tail({ source, topic: null }, { from: { afterSeq }, wait: async () => false })
      for await (const { topic, key, value, seq } of news) {
        const heartbeat = topic.startsWith('__')
        seen.push(deliveredFrom(heartbeat, String((heartbeat ? value : key) ?? '')))
        afterSeq = seq
      }
      return seen
    },
  }
}

/** An outlet that keeps its messages in memory. The SQLite store keeps the offset. */
export function pairedStore(
  store: Store,
  source: string,
  outlet: (record: Outlet) => Outlet = (same) => same,
): SimulatedStore {
  const seen: Delivered[] = []
  const recording: Outlet = {
    async deliver({ messages }) {
      seen.push(...messages.map(deliveredOf))
    },
    [Symbol.asyncDispose]: nothingToClose,
  }
  return {
    name: 'paired',
    delivers: 'at least once',
    sink: () => renamed(paired(outlet(recording), store.offsets()), source),
    offset: () => store.reader.offset(source),
    setOffset: (offset) => store.setOffset(source, offset),
    visible: async () => seen,
  }
}

async function nothingToClose(): Promise<void> {
  // Nothing is closed here, because the simulation outlives its processes.
}

/** All simulated connectors use the same source name. In the store each schedule gets a name of its own. */
function renamed(sink: Sink, source: string): Sink {
  return {
    claim: (_, signal) => sink.claim(source, signal),
    [Symbol.asyncDispose]: () => Promise.resolve(sink[Symbol.asyncDispose]()),
  }
}
