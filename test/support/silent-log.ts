import type { Logger } from '../../src/model/logger.ts'

/** A log that nobody reads. */
export const silentLog: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
}
