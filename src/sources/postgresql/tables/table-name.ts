import { POSTGRESQL_DEFAULTS } from '../config.ts'
import type { QualifiedName } from '../connect/quoting.ts'

export const { levels: LEVELS } = POSTGRESQL_DEFAULTS

/** FROM and WHERE for the tables that can be published: columns `n.nspname`, `c.relname`, `c.oid`. */
export const FROM_TABLES = `FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`

/** A JSON array of objects with `schema` and `name`. */
export function tableNames(json: string): readonly QualifiedName[] {
  const names: unknown = JSON.parse(json)
  return Array.isArray(names) ? names.map(({ schema, name }) => ({ schema: String(schema), name: String(name) })) : []
}
