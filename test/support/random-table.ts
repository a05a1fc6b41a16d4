import type { Dice } from './dice.ts'

export type Identity = 'DEFAULT' | 'FULL' | 'NOTHING' | 'INDEX'

export interface RandomColumn {
  readonly name: string
  readonly type: string
  /** Whether the publication includes the column. */
  readonly published: boolean
}

/** What all tables of a publication share. */
export interface PublicationTraits {
  readonly version: number
  readonly viaRoot: boolean
  /** It publishes stored generated columns (18 and later). */
  readonly generated: boolean
}

/** The state of a table at one moment. */
export interface TableState {
  readonly name: string
  /** The first three are the integer columns `id`, `k` and `code`, whatever their current names. */
  readonly columns: readonly RandomColumn[]
  /** The columns of the primary key. Empty: there is none. */
  readonly key: readonly string[]
  readonly constraint: string
  readonly isDeferrable: boolean
  readonly identity: Identity
  /** The attached partitions. null: the table is not partitioned. */
  readonly leaves: readonly string[] | null
}

/** The first of the two partitions has the ids below this, the second has the others. */
export const SPLIT = 10
export const END_OF_IDS = 2 * SPLIT
/** A row filter publishes only the ids below this. */
const FILTER = 15

const COLUMN_NAMES = (state: TableState) => state.columns.map(({ name }) => name)

/** The columns that messages contain. */
function publishedColumns({ columns }: TableState): readonly string[] {
  return columns.filter(({ published }) => published).map(({ name }) => name)
}

/** The key that messages must have: the complete key, or none. */
export function messageKey(state: TableState): readonly string[] {
  const [, , code = ''] = COLUMN_NAMES(state)
  const key = state.identity === 'INDEX' ? [code] : state.key
  const published = publishedColumns(state)
  return key.every((name) => published.includes(name)) ? key : []
}

export function isGenerated({ type }: RandomColumn): boolean {
  return type.includes('GENERATED')
}

/** A table of random structure, with its settings in the publication. */
export class RandomTable {
  readonly number: number
  readonly traits: PublicationTraits
  readonly hasList: boolean
  /** Whether the publication has a row filter for the table. */
  readonly isFiltered: boolean
  /** The partitions. Some of them can be detached. */
  readonly leaves: readonly string[]
  /** The types that were created for it. */
  readonly types: readonly string[]
  /** The state right after creation. */
  readonly state: TableState
  /** The statements that create it. */
  readonly setup: readonly string[]
  readonly #dice: Dice

  constructor(number: number, traits: PublicationTraits, dice: Dice) {
    this.number = number
    this.traits = traits
    this.#dice = dice
    const name = `c${number}`
    const isPartitioned = dice.chance(0.3)
    this.leaves = isPartitioned ? [`${name}_a`, `${name}_b`] : []
    const identity = dice.pick<Identity>(
      isPartitioned ? ['DEFAULT', 'FULL'] : ['DEFAULT', 'FULL', 'FULL', 'INDEX', 'NOTHING'],
    )
    const canNarrow = traits.version >= 15 && (!isPartitioned || traits.viaRoot)
    this.hasList = canNarrow && identity !== 'FULL' && dice.chance(0.25)
    this.isFiltered = canNarrow && dice.chance(0.1)
    const columns = this.#columns(traits)
    this.types = [`mood${number}`, `small${number}`, `flag${number}`].filter((type) =>
      columns.some((column) => column.type.startsWith(type)),
    )
    const generated = columns.some((column) => column.name === 'g')
    const isKeyed = identity === 'DEFAULT' || dice.chance(0.8)
    const key = isKeyed ? dice.pick([['id'], ['id', 'k'], ...(generated ? [['id', 'g']] : [])]) : []
    const isDeferrable = isKeyed && identity === 'FULL' && dice.chance(0.2)
    const leaves = isPartitioned ? this.leaves : null
    this.state = { name, columns, key, constraint: `${name}_key`, isDeferrable, identity, leaves }
    this.setup = [...this.#typeCreations(), ...this.#tableCreations(), ...this.#identities()]
  }

  /** The table's entry in the publication. */
  get entry(): string {
    const { name } = this.state
    const list = this.hasList ? ` (${publishedColumns(this.state).join(', ')})` : ''
    return `${name}${list}${this.isFiltered ? ` WHERE (id < ${FILTER})` : ''}`
  }

  /** The topics of the table's rows. */
  topics({ name, leaves }: TableState): readonly string[] {
    return leaves !== null && !this.traits.viaRoot ? leaves : [name]
  }

  /** The published rows of a topic, as a query. */
  publishedRows(topic: string, state: TableState): string {
    const [id] = COLUMN_NAMES(state)
    const where = this.isFiltered ? ` WHERE ${id} < ${FILTER}` : ''
    return `SELECT ${publishedColumns(state).join(', ')} FROM ${topic}${where}`
  }

  /** Inserts one row into each partition. */
  firstRows(): string {
    return `INSERT INTO ${this.state.name} (id, k, code) VALUES (1, 0, -1), (11, 0, -2)`
  }

  #columns({ version, generated }: PublicationTraits): RandomColumn[] {
    const dice = this.#dice
    const n = this.number
    const all = ['int', 'text', 'bool', `mood${n}`, `small${n}`, `flag${n}`, `mood${n}[]`, `small${n}[]`, 'text']
    const inList = () => !this.hasList || dice.chance(0.6)
    const made = (name: string, type: string, published: boolean) => ({ name, type, published })
    const columns = [
      ...['id', 'k', 'code'].map((name) => made(name, 'int', true)),
      ...all.filter(() => dice.chance(0.4)).map((type, i) => made(`v${i}`, type, inList())),
    ]
    if (dice.chance(0.12)) {
      const isLogged = version >= 18 && (this.hasList ? dice.chance(0.6) : generated)
      columns.push(made('g', 'int GENERATED ALWAYS AS (code * 2) STORED', isLogged))
    }
    if (version >= 18 && dice.chance(0.05)) columns.push(made('w', 'int GENERATED ALWAYS AS (code + 1) VIRTUAL', false))
    return columns
  }

  #typeCreations(): string[] {
    return this.types.map((type) => {
      if (type.startsWith('mood')) return `CREATE TYPE ${type} AS ENUM ('sad', 'ok')`
      return `CREATE DOMAIN ${type} AS ${type.startsWith('small') ? 'int' : 'bool'}`
    })
  }

  #tableCreations(): string[] {
    const { name, columns, key, constraint, isDeferrable, leaves } = this.state
    const parts = columns.map((column) => `${column.name} ${column.type}${column.name === 'code' ? ' NOT NULL' : ''}`)
    const primary = `CONSTRAINT ${constraint} PRIMARY KEY (${key.join(', ')})${isDeferrable ? ' DEFERRABLE' : ''}`
    const content = [...parts, ...(key.length > 0 ? [primary] : [])].join(', ')
    const external = columns
      .filter(({ type }) => type === 'text')
      .map((column) => `ALTER TABLE ${name} ALTER ${column.name} SET STORAGE EXTERNAL`)
    if (leaves === null)
      return [`CREATE TABLE ${name} (${content})`, ...external, `CREATE UNIQUE INDEX ${name}_code ON ${name} (code)`]
    return [`CREATE TABLE ${name} (${content}) PARTITION BY RANGE (id)`, ...external, ...this.#partitions()]
  }

  /** Some partitions are first created as separate tables, with their columns in another order. */
  #partitions(): string[] {
    const { name, columns, key } = this.state
    const isNeeded = (column: string) => column === 'code' || key.includes(column)
    const parts = columns.map((column) => `${column.name} ${column.type}${isNeeded(column.name) ? ' NOT NULL' : ''}`)
    return this.leaves.flatMap((leaf, i) => {
      const range = `FOR VALUES FROM (${i * SPLIT}) TO (${(i + 1) * SPLIT})`
      if (!this.#dice.chance(0.3)) return [`CREATE TABLE ${leaf} PARTITION OF ${name} ${range}`]
      const own = `CREATE TABLE ${leaf} (${parts.toReversed().join(', ')}, old int)`
      return [own, `ALTER TABLE ${leaf} DROP old`, `ALTER TABLE ${name} ATTACH PARTITION ${leaf} ${range}`]
    })
  }

  #identities(): string[] {
    const { name, identity } = this.state
    return [
      `ALTER TABLE ${name} REPLICA IDENTITY ${identity === 'INDEX' ? `USING INDEX ${name}_code` : identity}`,
      ...this.leaves.map((leaf) => `ALTER TABLE ${leaf} REPLICA IDENTITY ${this.#leafIdentity()}`),
    ]
  }

  /** Without a key, the default replica identity makes the server refuse updates in a partition. */
  #leafIdentity(): string {
    const { identity, key } = this.state
    if (key.length === 0 || !this.traits.viaRoot) return 'FULL'
    return this.#dice.chance(0.7) ? identity : this.#dice.pick(['DEFAULT', 'FULL'])
  }
}
