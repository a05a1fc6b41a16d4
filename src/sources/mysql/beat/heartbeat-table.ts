import type { MysqlConfig } from '../config.ts'
import { quoteTable } from '../connect/quoting.ts'

/** The heartbeat table, as statements name it. */
export function heartbeatTableName({ heartbeat: { source } }: MysqlConfig): string {
  return quoteTable({ database: source.schema, name: source.table })
}
