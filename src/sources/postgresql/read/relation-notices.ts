import { type Fix, inDatabase } from '../../../model/fix.ts'
import type { NoticeEvent } from '../../../model/log-event.ts'
import type { TableVersion } from '../../../model/table.ts'
import { TABLE_OWNER } from '../connect/fix-runner.ts'
import { quoteTable } from '../connect/quoting.ts'
import type { Relation } from '../decode/relation.ts'
import type { KeyAnswer } from '../tables/key-at-row.ts'

/** Notices about what the log does not contain of tables, each given once in a stream. */
export class RelationNotices {
  readonly #said = new Set<string>()

  key(relation: Relation, { names, doubt, missing }: KeyAnswer): readonly NoticeEvent[] {
    const table = quoteTable(relation)
    if (missing.length > 0) return this.#once('POSTGRES_KEY_INCOMPLETE', { table, missing: [...missing] })
    return doubt === null ? [] : this.#once('POSTGRES_KEY_UNCERTAIN', { table, found: doubt, keyColumns: [...names] })
  }

  typesUnknown(relation: Relation, oids: readonly number[]): readonly NoticeEvent[] {
    const columns = relation.columns.filter(({ typeOid }) => oids.includes(typeOid)).map(({ name }) => name)
    return columns.length === 0 ? [] : this.#once('POSTGRES_TYPE_UNKNOWN', { table: quoteTable(relation), columns })
  }

  /** For a partition whose rows are published under the name of its root: its replica identity does not include the root's key. */
  keyNotLogged(root: TableVersion | null, partition: Relation | undefined): readonly NoticeEvent[] {
    if (root === null || partition === undefined || partition.isWhole) return []
    const logged = new Set(partition.columns.filter((column) => column.identity).map(({ name }) => name))
    const missing = root.columns.filter(({ key, name }) => key && !logged.has(name)).map(({ name }) => name)
    if (missing.length === 0) return []
    const table = quoteTable(partition)
    const fix = [inDatabase(`ALTER TABLE ${table} REPLICA IDENTITY FULL`, TABLE_OWNER)]
    const of = quoteTable({ schema: root.schema ?? '', name: root.name })
    return this.#once('POSTGRES_PARTITION_IDENTITY', { table, root: of, missing }, fix)
  }

  #once(code: NoticeEvent['code'], details: NoticeEvent['details'], fix: readonly Fix[] = []): readonly NoticeEvent[] {
    const text = JSON.stringify([code, details])
    if (this.#said.has(text)) return []
    this.#said.add(text)
    return [{ type: 'notice', code, details, ...(fix.length === 0 ? {} : { fix }) }]
  }
}
