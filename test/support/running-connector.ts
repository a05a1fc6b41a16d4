import type { ConnectorEnd } from '../../src/connector/connector.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Logger } from '../../src/model/logger.ts'
import type { Store } from '../../src/sqlite/store.ts'
import { runOnce, type TestedSource } from './run-once.ts'
import { waitFor } from './wait-for.ts'

interface Said {
  readonly level: string
  readonly fields: JsonObject
  readonly message: string
}

/**
 * The real connector loop with the real source and store, in this process. Disposing stops it cleanly, and fails with the error that
 * stopped it earlier, if any.
 */
export class RunningConnector implements AsyncDisposable {
  /** The log entries so far. */
  readonly said: Said[] = []
  readonly #stop = new AbortController()
  readonly #store: Store
  readonly #end: Promise<ConnectorEnd>

  constructor(source: TestedSource, store: Store, clock: Clock) {
    this.#store = store
    this.#end = runOnce({ source, store, clock, log: this.#logger(), signal: this.#stop.signal })
    // The error is reported on disposal.
    this.#end.catch(() => undefined)
  }

  /** Waits for the first offset. Changes committed before it are not delivered. */
  async untilFirstOffset(): Promise<void> {
    await waitFor({ until: 'the first offset is stored' }, () => this.#store.reader.offset('shop') !== null)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#end
  }

  #logger(): Logger {
    const at = (level: string) => (fields: JsonObject, message: string) => {
      this.said.push({ level, fields, message })
    }
    const logger: Logger = {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: () => logger,
    }
    return logger
  }
}
