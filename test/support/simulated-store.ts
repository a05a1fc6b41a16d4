import { OffbeatError } from '../../src/model/error.ts'
import type { Message } from '../../src/model/message.ts'
import type { StoredOffset } from '../../src/model/offset.ts'
import { paired } from '../../src/sinks/paired.ts'
import type { Lane, Outlet, Sink } from '../../src/sinks/sink.ts'
import type { Store } from '../../src/sqlite/store.ts'

/** What a reader of topics finds: a row, or a layer 1 heartbeat with the position it claims. */
export type Delivered = { readonly row: number } | { readonly heartbeatAt: string }

/** A sink's durable side, which every simulated crash leaves as it is. */
export interface SimulatedStore {
  readonly name: string
  /** 'once': readers see each message once, with its whole transaction. 'at least once': what follows a crash may come again. */
  readonly delivers: 'once' | 'at least once'
  /** A process's own view; never disposed in a crash. */
  sink(): Sink
  offset(): StoredOffset | null
  setOffset(offset: StoredOffset): Promise<void>
  /** All that readers see now, oldest first. */
  visible(): Promise<readonly Delivered[]>
}

const decoder = new TextDecoder()

/** Takes apart what the connector has put together: the row's number, or the heartbeat's place. */
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

/** The contract of a lane in its plainest form, to check the loop and the simulation against. */
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

/** The SQLite sink. One open store serves many simulations, each under a source's name of its own. */
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

/** An outlet that remembers, with the SQLite store for the offset. */
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
  // The simulation outlives what its processes open.
}

/** All simulated connectors run under one name; in the store each schedule has its own. */
function renamed(sink: Sink, source: string): Sink {
  return {
    claim: (_, signal) => sink.claim(source, signal),
    [Symbol.asyncDispose]: () => Promise.resolve(sink[Symbol.asyncDispose]()),
  }
}
