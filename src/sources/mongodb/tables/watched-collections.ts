import { tableFilter } from '../../table-pattern.ts'
import type { MongodbConfig } from '../config.ts'

/** The server's own databases, which no change stream contains. */
export const SYSTEM_DATABASES: readonly string[] = ['admin', 'config', 'local']

/** The server's own collections of each database: views, profiles, the buckets of time series. */
export const SYSTEM_PREFIX = 'system.'

export type WatchConfig = Pick<MongodbConfig, 'tables' | 'exclude' | 'heartbeat'>

/** Returns whether a collection is watched. The server's own collections never are, also if `tables` is empty. */
export function watchedCollections({
  tables,
  exclude,
}: Pick<WatchConfig, 'tables' | 'exclude'>): (database: string, name: string) => boolean {
  const matches = tableFilter(tables, exclude)
  return (database, name) =>
    !SYSTEM_DATABASES.includes(database) && !name.startsWith(SYSTEM_PREFIX) && matches(database, name)
}

/** A collection by its full name. */
export interface Namespace {
  readonly database: string
  readonly name: string
}

/** The heartbeat collection; null: layer 2 is off, so its changes are not needed. */
export function heartbeatCollection({ heartbeat }: Pick<WatchConfig, 'heartbeat'>): Namespace | null {
  const { mode, schema, table } = heartbeat.source
  return mode === 'off' ? null : { database: schema, name: table }
}
