import type { Config } from '../config/config.ts'
import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'

/** What inspections and reports use of the process that asks for them, be it a command or the HTTP server. */
export interface AppContext {
  readonly clock: Clock
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal
  /** The process's logger; `level` is the configuration's. */
  openLog(level: Config['log']['level']): Promise<Logger>
}
