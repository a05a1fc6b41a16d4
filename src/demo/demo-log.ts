import type { Logger } from '../model/logger.ts'

/** The connector's log inside the demo: what it warns of goes to the picture, the rest is not for an onlooker. */
export function demoLog(warn: (text: string) => void): Logger {
  const log: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (_fields, message) => warn(message),
    error: (_fields, message) => warn(message),
    child: () => log,
  }
  return log
}
