import type { Secret } from '../model/secret.ts'
import type { SinkConfig } from '../sinks/sink-config.ts'
import type { SourceDefinition } from '../sources/source.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import type { Diagnostic } from './diagnostic.ts'

/** The whole configuration, with defaults filled in. Every path is absolute. */
export interface Config {
  /** The absolute path of the file. */
  readonly path: string
  /** In the order of the file. Never empty. */
  readonly sources: readonly ConfiguredSource[]
  readonly sink: SinkConfig
  /** Where HTTP is served. null: HTTP is off. */
  readonly server: ServerConfig | null
  readonly health: HealthConfig
  readonly log: { readonly level: LogLevel }
  /** What is allowed but unwise. Reported at start. */
  readonly warnings: readonly Diagnostic[]
  /** The warnings about a secret in a file that others can read. */
  readonly exposed: readonly Diagnostic[]
}

export interface ServerConfig {
  /** A host name or an address. An IPv6 address has no brackets. */
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** The token that a request must send. Never null if the address is not loopback. */
  readonly token: Secret | null
  /**
   * Whether the file has a `server` section. Without one, the default address is a convenience, and failing to listen there is not an
   * error.
   */
  readonly written: boolean
}

export interface ConfiguredSource {
  /** Identifies the source in topics, offsets and metrics. */
  readonly name: string
  readonly kind: string
  /** The entry, as parsed by the schema of its kind. */
  readonly config: SourceConfig
  readonly definition: SourceDefinition<SourceConfig>
}

export interface HealthConfig {
  /** A source is at risk if one of its runway's clocks is below this, or if a limit is used beyond the ratio (0 to 1). */
  readonly atRisk: { readonly runwaySeconds: number; readonly usedRatio: number }
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
type LogLevel = (typeof LOG_LEVELS)[number]
