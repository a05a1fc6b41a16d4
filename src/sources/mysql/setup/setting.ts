import { type Fix, inDatabase } from '../../../model/fix.ts'
import type { MysqlKind } from '../config.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import type { ServiceFacts } from './service.ts'

/** A server setting that can be changed while the server runs. The values are upper-case words. */
export interface Setting {
  readonly name: string
  readonly value: string
  readonly why: string
}

export const ROW_SETTINGS: readonly Setting[] = [
  {
    name: 'binlog_format',
    value: 'ROW',
    why: 'The log must have the changed rows. Sessions that are open keep the former format until they connect again.',
  },
  {
    name: 'binlog_row_metadata',
    value: 'FULL',
    why: 'With FULL the log has the names of the columns. Without it they come from the catalogue, and a table that changes before its rows are read stops the connector.',
  },
]

export const SCHEDULER: Setting = {
  name: 'event_scheduler',
  value: 'ON',
  why: 'The event scheduler runs the event that writes the heartbeats, now and after a restart.',
}

/** MariaDB has no SET PERSIST. */
export function setStatement(kind: MysqlKind, name: string, value: string): string {
  return `SET ${kind === 'mysql' ? 'PERSIST' : 'GLOBAL'} ${name} = ${value}`
}

export function setFix(kind: MysqlKind, name: string, value: string, { setting }: ServiceFacts): Fix {
  return setting?.(name, value.replaceAll("'", '')) ?? inDatabase(setStatement(kind, name, value), ADMINISTRATOR)
}
