import type { LogEvent } from '../../../model/log-event.ts'
import { blankSpans } from '../../../model/row-span.ts'
import type { TableVersion } from '../../../model/table.ts'
import { describeChange, sameTableVersion } from '../../../model/table-change.ts'
import type { LogMemory } from '../read/log-memory.ts'
import { RelationNotices } from '../read/relation-notices.ts'
import type { Catalog } from '../tables/catalog.ts'
import { flaggedKeyAtRow, type KeyAnswer, primaryKeyAtRow } from '../tables/key-at-row.ts'
import { PartitionRows } from '../tables/partition-rows.ts'
import { type TypeFacts, typeFactsOfLog } from '../values/type-facts.ts'
import { type Relation, tableVersion } from './relation.ts'

export interface RelationBookOptions {
  readonly database: string
  readonly isWatched: (schema: string, table: string) => boolean
  /** The heartbeat table. Its rows are pulses, and are delivered as changes only with `deliver`. */
  readonly heartbeat: { readonly schema: string; readonly table: string; readonly deliver: boolean } | null
}

/** A relation, prepared for decoding its rows. */
export interface KnownRelation {
  readonly relation: Relation
  /** null: its changes are not delivered. */
  readonly table: TableVersion | null
  readonly heartbeat: boolean
  /** Its rows are not needed at all. */
  readonly skip: boolean
  /** The nonce column of the heartbeat table; -1: none. */
  readonly nonceColumn: number
  readonly blank: readonly number[]
  readonly identity: readonly boolean[]
  /** The partitions whose rows come under this relation's name; null: its rows are its own. */
  readonly partitions: PartitionRows | null
}

const NONCE_COLUMN = 'text'

/** The latest description of each relation in the stream so far. */
export class RelationBook {
  readonly #options: RelationBookOptions
  readonly #catalog: Catalog
  readonly #known = new Map<number, KnownRelation>()
  /**
   * The last version of each table, by name: for the readers of its topic, a table that was dropped and created again is the same table.
   */
  readonly #versions = new Map<string, TableVersion>()
  /** By root: the partitions whose rows have come under its name. */
  readonly #partitions = new Map<number, Set<number>>()
  readonly #memory: LogMemory
  readonly #notices = new RelationNotices()
  /** The log's descriptions of types that are not built in. */
  readonly #typesOfLog = new Map<number, TypeFacts>()

  constructor(options: RelationBookOptions, catalog: Catalog, memory: LogMemory) {
    this.#options = options
    this.#catalog = catalog
    this.#memory = memory
  }

  learnType(oid: number, schema: string, name: string): void {
    const facts = typeFactsOfLog(schema, name)
    if (facts !== undefined) this.#typesOfLog.set(oid, facts)
  }

  /** The relation, if the stream described exactly one besides the heartbeat table; undefined: none, or several. */
  get onlyOne(): KnownRelation | undefined {
    const [one, ...others] = [...this.#known.values()].filter(({ heartbeat }) => !heartbeat)
    return others.length === 0 ? one : undefined
  }

  get(oid: number): KnownRelation | undefined {
    return this.#known.get(oid)
  }

  /** Records that rows of this partition come under the root's name. Returns the root as its rows must be read from now on. */
  addPartition(rootOid: number, oid: number, into: LogEvent[]): KnownRelation | undefined {
    const root = this.#known.get(rootOid)
    if (root === undefined) return undefined
    const oids = this.#partitions.get(rootOid) ?? new Set()
    this.#partitions.set(rootOid, oids.add(oid))
    into.push(...this.#notices.keyNotLogged(root.table, this.#known.get(oid)?.relation))
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
   * Records a description that precedes rows of the transaction `xid`. If it is the same as before, the table version stays the same,
   * unless the key changed. Returns a promise if the table is watched: the catalog is queried for what the log does not contain.
   */
  learn(relation: Relation, xid: number, into: LogEvent[]): Promise<void> | undefined {
    const { schema, name } = relation
    const heartbeat = this.#isHeartbeat(relation)
    const wanted = heartbeat ? this.#options.heartbeat?.deliver === true : this.#options.isWatched(schema, name)
    if (wanted) return this.#askAndKnow(relation, xid, heartbeat, into)
    this.#add(relation, null, heartbeat)
    return
  }

  async #askAndKnow(relation: Relation, xid: number, heartbeat: boolean, into: LogEvent[]): Promise<void> {
    await this.#resolveTypes(relation, into)
    const key = await this.#keyOf(relation, xid, into)
    const types = relation.columns.flatMap((column) => this.#catalog.type(column.typeOid) ?? [])
    const described = tableVersion(this.#options.database, relation, types, key)
    const table = this.#versionOf(relation, described, into)
    this.#add(relation, table, heartbeat)
    this.#versions.set(`${relation.schema}\0${relation.name}`, table)
  }

  async #resolveTypes(relation: Relation, into: LogEvent[]): Promise<void> {
    const remembered = { type: (oid: number) => this.#memory.type(oid) ?? this.#typesOfLog.get(oid) }
    const oids = relation.columns.map((column) => column.typeOid)
    const unknown = await this.#catalog.resolveTypes(oids, remembered)
    into.push(...this.#notices.typesUnknown(relation, unknown))
    for (const oid of oids) this.#rememberType(oid)
  }

  #rememberType(oid: number): void {
    const facts = this.#catalog.typeFacts(oid)
    if (facts === undefined) return
    this.#memory.keepType(oid, facts)
    if (facts.of !== 0 && facts.of !== oid) this.#rememberType(facts.of)
  }

  async #keyOf(relation: Relation, xid: number, into: LogEvent[]): Promise<readonly string[]> {
    const question = { relation, xid, isFirst: this.#known.get(relation.oid) === undefined }
    const facts = await this.#catalog.keyFacts(relation.oid)
    const answer = (relation.tellsKey ? flaggedKeyAtRow : primaryKeyAtRow)(
      question,
      facts,
      this.#memory.key(relation.oid),
    )
    this.#rememberKey(relation, answer)
    into.push(...this.#notices.key(relation, answer))
    return answer.names
  }

  /** A key that the log's flags mark is not remembered. */
  #rememberKey(relation: Relation, { names, doubt, missing, isKept }: KeyAnswer): void {
    const isDescribed = relation.tellsKey && missing.length === 0 && doubt === null
    if (isDescribed) this.#memory.forgetKey(relation.oid)
    else if (isKept) this.#memory.keepKey(relation, missing.length > 0 ? null : names)
  }

  #versionOf(relation: Relation, described: TableVersion, into: LogEvent[]): TableVersion {
    const before =
      this.#known.get(relation.oid)?.table ?? this.#versions.get(`${relation.schema}\0${relation.name}`) ?? null
    if (before === null) return described
    if (sameTableVersion(before, described)) return before
    into.push({ type: 'notice', code: 'TABLE_CHANGED', details: describeChange(before, described) })
    return described
  }

  #isHeartbeat(relation: Relation): boolean {
    const { heartbeat } = this.#options
    return heartbeat !== null && heartbeat.schema === relation.schema && heartbeat.table === relation.name
  }
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
