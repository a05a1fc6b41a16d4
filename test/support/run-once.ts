import { randomUUID } from 'node:crypto'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import { type ConnectorEnd, runConnector } from '../../src/connector/connector.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { Logger } from '../../src/model/logger.ts'
import type { SourceDefinition } from '../../src/sources/source.ts'
import type { SourceConfig } from '../../src/sources/source-config.ts'
import type { Store } from '../../src/sqlite/store.ts'

/** The definition of a kind, and the configuration of a source of that kind. */
export interface TestedSource<Config extends SourceConfig = SourceConfig> {
  readonly definition: SourceDefinition<Config>
  readonly config: Config
}

interface Run {
  readonly source: TestedSource
  readonly store: Store
  readonly log: Logger
  readonly signal: AbortSignal
  readonly clock?: Clock
  readonly until?: 'head' | null
  readonly version?: string
}

/** Runs the real connector with this store in this process. The source is named `shop`. */
export async function runOnce(run: Run): Promise<ConnectorEnd> {
  const { source, store, log, signal, clock = systemClock, until = null, version = '0.0.0' } = run
  return await runConnector(
    {
      source: { name: 'shop', ...source },
      sink: store.sink(),
      journal: store.journal,
      log,
      clock,
      pid: process.pid,
      health: { atRisk: { runwayMs: 0, usedRatio: 1 } },
      until,
      random: () => 0.5,
      newId: randomUUID,
      version,
    },
    signal,
  )
}
