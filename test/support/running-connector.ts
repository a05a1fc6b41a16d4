import { randomUUID } from 'node:crypto'
import { type ConnectorEnd, runConnector } from '../../src/connector/connector.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Logger } from '../../src/model/logger.ts'
import { SOURCES } from '../../src/sources/registry.ts'
import type { Store } from '../../src/sqlite/store.ts'
import type { Till } from './till.ts'
import { waitFor } from './wait-for.ts'

interface Said {
  readonly level: string
  readonly fields: JsonObject
  readonly message: string
}

/** The real loop with the real source and store, in this process. Disposing stops it cleanly, and fails with what stopped it before. */
export class RunningConnector implements AsyncDisposable {
  /** What it logged. */
  readonly said: Said[] = []
  readonly #stop = new AbortController()
  readonly #end: Promise<ConnectorEnd>

  constructor(till: Till, store: Store, clock: Clock) {
    this.#end = this.#run(till, store, clock)
    // Told to whoever disposes it.
    this.#end.catch(() => undefined)
  }

  /** Waits for the word of the new slot: what is written before it, nobody asked for. */
  async born(): Promise<void> {
    await waitFor({ until: 'the slot is created' }, () =>
      this.said.some(({ fields }) => fields['code'] === 'POSTGRES_SLOT_CREATED'),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#end
  }

  async #run({ shop }: Till, store: Store, clock: Clock): Promise<ConnectorEnd> {
    const definition = await SOURCES.load('postgresql')
    const entry = { kind: 'postgresql', url: shop.url, slot: shop.slot, heartbeat: { interval: '500ms' } }
    return await runConnector(
      {
        source: { name: 'shop', config: definition.config.parse(entry), definition },
        sink: store.sink(),
        journal: store.journal,
        log: this.#logger(),
        clock,
        pid: process.pid,
        health: { atRisk: { runwayMs: 0, usedRatio: 1 } },
        until: null,
        random: () => 0.5,
        newId: randomUUID,
        version: '0.0.0',
      },
      this.#stop.signal,
    )
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
