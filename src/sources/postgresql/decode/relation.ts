import type { Column, TableVersion } from '../../../model/table.ts'
import type { ColumnType } from '../values/built-in-type.ts'
import type { MessageCursor } from './message-cursor.ts'

/**
 * The content of a Relation message.
 *
 *   relation  'R' oid:int32 schema:text name:text identity:byte count:int16 column*count
 *   column    flags:byte name:text type:int32 modifier:int32
 *
 * `identity` is the table's replica identity: 'd' primary key, 'i' an index, 'f' the whole row, 'n' nothing. Flag 1: the column is part of
 * it. An empty schema is pg_catalog.
 */
export interface Relation {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /**
   * The flags mark the key's columns. They do not if the replica identity is the whole row or nothing, or if the primary key is deferrable
   * and so cannot be the identity.
   */
  readonly tellsKey: boolean
  /** The replica identity is the primary key. */
  readonly isDefault: boolean
  /** The replica identity is the whole row: old rows are whole. */
  readonly isWhole: boolean
  readonly columns: readonly RelationColumn[]
}

export interface RelationColumn {
  readonly name: string
  readonly identity: boolean
  readonly typeOid: number
  readonly typeModifier: number
}

const PRIMARY_KEY = 0x64
const WHOLE_ROW = 0x66
const NOTHING = 0x6e

export function readRelation(cursor: MessageCursor): Relation {
  const oid = cursor.uint32()
  const schema = cursor.text() || 'pg_catalog'
  const name = cursor.text()
  const replicaIdentity = cursor.uint8()
  const count = cursor.uint16()
  const columns: RelationColumn[] = []
  for (let i = 0; i < count; i++) columns.push(readColumn(cursor))
  cursor.finish()
  const isWhole = replicaIdentity === WHOLE_ROW
  const tellsKey = !isWhole && replicaIdentity !== NOTHING && columns.some((column) => column.identity)
  return { oid, schema, name, tellsKey, isDefault: replicaIdentity === PRIMARY_KEY, isWhole, columns }
}

function readColumn(cursor: MessageCursor): RelationColumn {
  const identity = (cursor.uint8() & 1) === 1
  const name = cursor.text()
  return { name, identity, typeOid: cursor.uint32(), typeModifier: cursor.uint32() }
}

/** `key`: the names of the key's columns. If the log does not have one of them, the table has no key. */
export function tableVersion(
  database: string,
  relation: Relation,
  types: readonly ColumnType[],
  key: readonly string[],
): TableVersion {
  const names = new Set(relation.columns.map((column) => column.name))
  const keyNames = new Set(key.every((name) => names.has(name)) ? key : [])
  const columns = types.map(({ name: type, write: plain, modified, unavailable }, i): Column => {
    const { name = '', typeModifier = 0 } = relation.columns[i] ?? {}
    const write = modified?.(typeModifier) ?? plain
    return { name, type, key: keyNames.has(name), write, ...(unavailable === undefined ? {} : { unavailable }) }
  })
  return { database, schema: relation.schema, name: relation.name, columns }
}
