import type { SinkConfig } from '../sinks/sink-config.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import type { Diagnostic } from './diagnostic.ts'

/** The whole configuration, defaults filled in, every path absolute. */
export interface Config {
  /** The file it came from, absolute. */
  readonly path: string
  /** In the order of the file; never empty. */
  readonly sources: readonly ConfiguredSource[]
  readonly sink: SinkConfig
  readonly health: HealthConfig
  readonly log: { readonly level: LogLevel }
  /** What is allowed and yet unwise, to be said at start. */
  readonly warnings: readonly Diagnostic[]
}

export interface ConfiguredSource {
  /** Topics, offsets and metrics carry it. */
  readonly name: string
  readonly kind: string
  /** What the kind's own schema made of the entry. */
  readonly config: SourceConfig
}

export interface HealthConfig {
  /** A source is at risk when a clock of its runway is below this, or a limit is used beyond the ratio (0 to 1). */
  readonly atRisk: { readonly runwaySeconds: number; readonly usedRatio: number }
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
type LogLevel = (typeof LOG_LEVELS)[number]
