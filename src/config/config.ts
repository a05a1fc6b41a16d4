import type { Secret } from '../model/secret.ts'
import type { SinkConfig } from '../sinks/sink-config.ts'
import type { SourceDefinition } from '../sources/source.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import type { Diagnostic } from './diagnostic.ts'

/** The whole configuration, defaults filled in, every path absolute. */
export interface Config {
  /** The file it came from, absolute. */
  readonly path: string
  /** In the order of the file; never empty. */
  readonly sources: readonly ConfiguredSource[]
  readonly sink: SinkConfig
  /** Where HTTP is answered; null: nowhere. */
  readonly server: ServerConfig | null
  readonly health: HealthConfig
  readonly log: { readonly level: LogLevel }
  /** What is allowed and yet unwise, to be said at start. */
  readonly warnings: readonly Diagnostic[]
  /** Those of `warnings` that name a secret in a file that others can read. */
  readonly exposed: readonly Diagnostic[]
}

export interface ServerConfig {
  /** A name or an address, an IPv6 one without brackets. */
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** What a request must bring; never null beyond loopback. */
  readonly token: Secret | null
  /** Whether the file has a `server` section; without one the default place is a courtesy that nobody relies on. */
  readonly written: boolean
}

export interface ConfiguredSource {
  /** Topics, offsets and metrics carry it. */
  readonly name: string
  readonly kind: string
  /** What the kind's own schema made of the entry. */
  readonly config: SourceConfig
  readonly definition: SourceDefinition<SourceConfig>
}

export interface HealthConfig {
  /** A source is at risk when a clock of its runway is below this, or a limit is used beyond the ratio (0 to 1). */
  readonly atRisk: { readonly runwaySeconds: number; readonly usedRatio: number }
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
type LogLevel = (typeof LOG_LEVELS)[number]
