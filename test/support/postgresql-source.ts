import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { POSTGRESQL } from '../../src/sources/postgresql/definition.ts'
import type { TestedSource } from './run-once.ts'

/** A source with this entry of `offbeat.yaml`. The entry can omit `kind`. */
export function postgresqlSource(entry: Readonly<Record<string, unknown>>): TestedSource<PostgresqlConfig> {
  return { definition: POSTGRESQL, config: POSTGRESQL.config.parse({ kind: 'postgresql', ...entry }) }
}
