import type { Writable } from 'node:stream'
import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import { unreachable } from '../model/unreachable.ts'
import type { Retain } from '../sqlite/retention.ts'
import type { Store } from '../sqlite/store.ts'
import type { Sink } from './sink.ts'
import type { SinkConfig } from './sink-config.ts'

export interface SinkContext {
  /** The command line shown to a second process that wants the same store. No secrets. */
  readonly command: string
  /** The URL of this process's HTTP API; absent or null: it has none. */
  readonly api?: string | null
  /** The sources whose connectors this process runs; absent: none. */
  readonly sources?: readonly string[]
  readonly clock: Clock
  readonly log: Logger
  /** Where the sink `stdout` prints. */
  readonly stdout: Writable
}

/** A sink with the store that keeps its offsets and journal. Disposing it disposes both. */
export interface OpenSink extends AsyncDisposable {
  readonly sink: Sink
  readonly store: Store
}

/** An outlet's store contains no messages, so there is nothing to limit. */
const KEEP_ALL = { ageMs: null, messages: null }

/** Opens the configured sink. Concrete sinks are named only here, and each is loaded when first needed. */
export async function openSink(config: SinkConfig, context: SinkContext): Promise<OpenSink> {
  switch (config.kind) {
    case 'sqlite': {
      const store = await openStore(config.path, config.retain, context)
      return together(store.sink(), store)
    }
    case 'stdout': {
      const { StdoutOutlet } = await import('./stdout/stdout-outlet.ts')
      const { paired } = await import('./paired.ts')
      const store = await openStore(config.offsets, KEEP_ALL, context)
      return together(paired(new StdoutOutlet(context.stdout, config), store.offsets()), store)
    }
    case 'discard': {
      const { DiscardOutlet } = await import('./discard/discard-outlet.ts')
      const { paired } = await import('./paired.ts')
      const store = await openStore(config.offsets, KEEP_ALL, context)
      return together(paired(new DiscardOutlet(), store.offsets()), store)
    }
    default:
      return unreachable(config)
  }
}

/** The store file of a sink, which `status`, `tail` and `offsets` read. */
export function storePath(config: SinkConfig): string {
  return config.kind === 'sqlite' ? config.path : config.offsets
}

async function openStore(path: string, retain: Retain, context: SinkContext): Promise<Store> {
  const { Store } = await import('../sqlite/store.ts')
  const { command, clock, log, api = null, sources = [] } = context
  return Store.open({ path, command, api, sources, retain, maxBytes: null, clock, log })
}

function together(sink: Sink, store: Store): OpenSink {
  return {
    sink,
    store,
    async [Symbol.asyncDispose]() {
      try {
        await sink[Symbol.asyncDispose]()
      } finally {
        await store[Symbol.asyncDispose]()
      }
    },
  }
}
