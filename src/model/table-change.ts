import type { JsonObject } from './json.ts'
import type { TableVersion } from './table.ts'

/** Whether encoders compiled for one version also work for the other. */
export function sameTableVersion(a: TableVersion, b: TableVersion): boolean {
  if (a.schema !== b.schema || a.name !== b.name || a.document !== b.document) return false
  if (a.columns.length !== b.columns.length) return false
  return a.columns.every((column, i) => {
    const other = b.columns[i]
    if (other === undefined || other.name !== column.name || other.key !== column.key) return false
    return other.type === column.type && other.write === column.write
  })
}

/** What a person wants to know about a changed table. Only names, no values. */
export function describeChange(before: TableVersion, after: TableVersion): JsonObject {
  const old = new Map(before.columns.map((column) => [column.name, column]))
  const kept = after.columns.filter((column) => old.delete(column.name))
  const types = new Map(before.columns.map((column) => [column.name, column.type]))
  return {
    schema: after.schema,
    table: after.name,
    formerly: before.schema === null ? before.name : `${before.schema}.${before.name}`,
    added: after.columns.filter((column) => !kept.includes(column)).map((column) => column.name),
    dropped: [...old.keys()],
    retyped: kept.filter((column) => types.get(column.name) !== column.type).map((column) => column.name),
    keyColumns: after.columns.filter((column) => column.key).map((column) => column.name),
  }
}
