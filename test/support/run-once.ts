import { randomUUID } from 'node:crypto'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import { type ConnectorEnd, runConnector } from '../../src/connector/connector.ts'
import type { Logger } from '../../src/model/logger.ts'
import { SOURCES } from '../../src/sources/registry.ts'
import type { Store } from '../../src/sqlite/store.ts'

/** The real connector of a source `shop` over this store, in this process. */
export async function runOnce(about: {
  readonly store: Store
  readonly log: Logger
  readonly url: string
  readonly slot: string
  readonly signal: AbortSignal
}): Promise<ConnectorEnd> {
  const { store, log, url, slot, signal } = about
  const definition = await SOURCES.load('postgresql')
  const config = definition.config.parse({ kind: 'postgresql', url, slot, heartbeat: { interval: '1s' } })
  return await runConnector(
    {
      source: { name: 'shop', config, definition },
      sink: store.sink(),
      journal: store.journal,
      log,
      clock: systemClock,
      pid: process.pid,
      health: { atRisk: { runwayMs: 0, usedRatio: 1 } },
      until: null,
      random: () => 0.5,
      newId: randomUUID,
      version: '0.0.0',
    },
    signal,
  )
}
