import type { Logger } from '../../src/model/logger.ts'

export interface RecordedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A logger that records its lines. */
export class RecordedLog implements Logger {
  readonly lines: RecordedLine[] = []

  debug(fields: object, message: string): void {
    this.lines.push({ level: 'debug', message, fields: { ...fields } })
  }

  info(fields: object, message: string): void {
    this.lines.push({ level: 'info', message, fields: { ...fields } })
  }

  warn(fields: object, message: string): void {
    this.lines.push({ level: 'warn', message, fields: { ...fields } })
  }

  error(fields: object, message: string): void {
    this.lines.push({ level: 'error', message, fields: { ...fields } })
  }

  child(): Logger {
    return this
  }

  /** The fields of the lines with this code. */
  withCode(code: string): readonly RecordedLine['fields'][] {
    return this.lines.flatMap(({ fields }) => (fields['code'] === code ? [fields] : []))
  }
}
