import { ERROR_TABLE } from '../model/error-code.ts'
import type { Logger } from '../model/logger.ts'

/** The connector's log inside the demo: warnings go to the screen, the rest is discarded. */
export function demoLog(warn: (text: string) => void): Logger {
  const say = (fields: object, message: string): void => {
    if (!isNotice(fields)) warn(message)
  }
  const log: Logger = { debug: () => undefined, info: () => undefined, warn: say, error: say, child: () => log }
  return log
}

/** A notice, for example that the slot was created. */
function isNotice(fields: object): boolean {
  if (!('code' in fields)) return false
  const { code } = fields
  return Object.entries(ERROR_TABLE).some(([known, { kind }]) => known === code && kind === 'notice')
}
