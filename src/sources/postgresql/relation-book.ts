import type { LogEvent, NoticeEvent } from '../../model/log-event.ts'
import type { TableVersion } from '../../model/table.ts'
import type { Catalog } from './catalog.ts'
import { PartitionRows } from './partition-rows.ts'
import { quoteTable } from './quoting.ts'
import { describeChange, type Relation, sameRelation, sameTableVersion, tableVersion } from './relation.ts'
import { blankSpans } from './tuple.ts'

export interface RelationBookOptions {
  readonly database: string
  readonly isWatched: (schema: string, table: string) => boolean
  /** The heartbeat table: its rows are pulses, and changes only with `deliver`. */
  readonly heartbeat: { readonly schema: string; readonly table: string; readonly deliver: boolean } | null
}

/** A relation as rows need it. */
export interface KnownRelation {
  readonly relation: Relation
  /** null: its changes are not delivered. */
  readonly table: TableVersion | null
  readonly heartbeat: boolean
  /** Nothing of its rows is wanted. */
  readonly skip: boolean
  /** The heartbeat table's column with the nonce; -1: none. */
  readonly nonceColumn: number
  readonly blank: readonly number[]
  readonly identity: readonly boolean[]
  /** The partitions whose rows come under this relation's name; null: its rows are its own. */
  readonly partitions: PartitionRows | null
}

const NONCE_COLUMN = 'text'

/** The relations that the stream has described so far, each as it was described last. */
export class RelationBook {
  readonly #options: RelationBookOptions
  readonly #catalog: Catalog
  readonly #known = new Map<number, KnownRelation>()
  /** The last version of each table, by name: a table that was dropped and made again is the same to readers of its topic. */
  readonly #versions = new Map<string, TableVersion>()
  /** By the root, the partitions whose rows have come under its name. */
  readonly #partitions = new Map<number, Set<number>>()

  constructor(options: RelationBookOptions, catalog: Catalog) {
    this.#options = options
    this.#catalog = catalog
  }

  get(oid: number): KnownRelation | undefined {
    return this.#known.get(oid)
  }

  /** Rows of this partition come under the root's name. Gives the root as its rows are to be read from now on. */
  addPartition(rootOid: number, oid: number, into: LogEvent[]): KnownRelation | undefined {
    const root = this.#known.get(rootOid)
    if (root === undefined) return undefined
    const oids = this.#partitions.get(rootOid) ?? new Set()
    this.#partitions.set(rootOid, oids.add(oid))
    const notice = keyNotLogged(root.table, this.#known.get(oid)?.relation)
    if (notice !== null) into.push(notice)
    const known = { ...root, partitions: this.#partitionRows(root.relation) }
    this.#known.set(rootOid, known)
    return known
  }

  #partitionRows(root: Relation): PartitionRows | null {
    const partitions = [...(this.#partitions.get(root.oid) ?? [])].flatMap(
      (oid) => this.#known.get(oid)?.relation ?? [],
    )
    return partitions.length === 0 ? null : new PartitionRows(root, partitions)
  }

  #add(relation: Relation, table: TableVersion | null, heartbeat: boolean): void {
    this.#known.set(relation.oid, knownRelation(relation, table, heartbeat, this.#partitionRows(relation)))
  }

  /**
   * Takes in a description. The same one again keeps the table version as it was. A promise only where the catalog has to be asked: for
   * types that are not built in, and for the primary key of a table whose replica identity is the whole row or nothing.
   */
  learn(relation: Relation, into: LogEvent[]): Promise<void> | undefined {
    const { oid, schema, name } = relation
    const known = this.#known.get(oid)
    if (known !== undefined && sameRelation(known.relation, relation) && (relation.tellsKey || known.table === null))
      return
    const heartbeat = this.#isHeartbeat(relation)
    const wanted = heartbeat ? this.#options.heartbeat?.deliver === true : this.#options.isWatched(schema, name)
    if (!wanted) {
      this.#add(relation, null, heartbeat)
      return
    }
    const typesKnown = relation.columns.every((column) => this.#catalog.type(column.typeOid) !== undefined)
    if (typesKnown && relation.tellsKey) {
      this.#know(relation, identityNames(relation), heartbeat, into)
      return
    }
    return this.#askAndKnow(relation, heartbeat, into)
  }

  async #askAndKnow(relation: Relation, heartbeat: boolean, into: LogEvent[]): Promise<void> {
    await this.#catalog.resolveTypes(relation.columns.map((column) => column.typeOid))
    const key = relation.tellsKey ? identityNames(relation) : await this.#catalog.primaryKey(relation.oid)
    this.#know(relation, key, heartbeat, into)
  }

  #know(relation: Relation, key: readonly string[], heartbeat: boolean, into: LogEvent[]): void {
    const types = relation.columns.flatMap((column) => this.#catalog.type(column.typeOid) ?? [])
    const described = tableVersion(this.#options.database, relation, types, key)
    const table = this.#versionOf(relation, described, into)
    this.#add(relation, table, heartbeat)
    this.#versions.set(`${relation.schema}\0${relation.name}`, table)
  }

  #versionOf(relation: Relation, described: TableVersion, into: LogEvent[]): TableVersion {
    const before =
      this.#known.get(relation.oid)?.table ?? this.#versions.get(`${relation.schema}\0${relation.name}`) ?? null
    if (before === null) return described
    if (sameTableVersion(before, described)) return before
    into.push({ type: 'notice', code: 'POSTGRES_TABLE_CHANGED', details: describeChange(before, described) })
    return described
  }

  #isHeartbeat(relation: Relation): boolean {
    const { heartbeat } = this.#options
    return heartbeat !== null && heartbeat.schema === relation.schema && heartbeat.table === relation.name
  }
}

function identityNames(relation: Relation): string[] {
  return relation.columns.filter((column) => column.identity).map((column) => column.name)
}

function knownRelation(
  relation: Relation,
  table: TableVersion | null,
  heartbeat: boolean,
  partitions: PartitionRows | null,
): KnownRelation {
  return {
    relation,
    table,
    heartbeat,
    skip: table === null && !heartbeat,
    nonceColumn: heartbeat ? relation.columns.findIndex((column) => column.name === NONCE_COLUMN) : -1,
    blank: blankSpans(relation.columns.length),
    identity: relation.columns.map((column) => column.identity),
    partitions,
  }
}

/** null: the partition logs the whole key of the root. */
function keyNotLogged(root: TableVersion | null, partition: Relation | undefined): NoticeEvent | null {
  if (root === null || partition === undefined || partition.isWhole) return null
  const logged = new Set(partition.columns.filter((column) => column.identity).map(({ name }) => name))
  const missing = root.columns.filter(({ key, name }) => key && !logged.has(name)).map(({ name }) => name)
  if (missing.length === 0) return null
  const [table, of] = [quoteTable(partition), quoteTable({ schema: root.schema ?? '', name: root.name })]
  const fix = `ALTER TABLE ${table} REPLICA IDENTITY FULL`
  return { type: 'notice', code: 'POSTGRES_PARTITION_IDENTITY', details: { table, root: of, missing, fix } }
}
