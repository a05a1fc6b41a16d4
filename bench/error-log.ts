import type { Logger } from '../src/model/logger.ts'

/** Writes errors to standard error. A measured run writes nothing else. */
export const errorLog: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: say,
  error: say,
  child: () => errorLog,
}

function say(fields: object, message: string): void {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`)
}
