import type { Config } from '../config/config.ts'
import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'

/** What inspections and reports need from the process that requests them, whether it is a command or the HTTP server. */
export interface AppContext {
  readonly clock: Clock
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal
  /** The process's logger. `level` comes from the configuration. */
  openLog(level: Config['log']['level']): Promise<Logger>
}
