import type { TableName } from './quoting.ts'

/** A JSON array of objects with `schema` and `name`. */
export function tableNames(json: string): readonly TableName[] {
  const names: unknown = JSON.parse(json)
  return Array.isArray(names) ? names.map(({ schema, name }) => ({ schema: String(schema), name: String(name) })) : []
}
