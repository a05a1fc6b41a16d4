import type { SchemaStep } from './applying-consumer.ts'
import type { Dice } from './dice.ts'
import {
  type Identity,
  isGenerated,
  type RandomColumn,
  type RandomTable,
  SPLIT,
  type TableState,
} from './random-table.ts'

/** A statement that changes a table, the state of the table after it, and what a consumer's operator does then. */
export interface Change {
  readonly sql: string
  readonly after: TableState
  readonly step: SchemaStep
}

type Draw = (state: TableState) => Change | null

/** Generates random statements that change the table itself. */
export class RandomDdl {
  readonly #table: RandomTable
  readonly #dice: Dice
  readonly #draws: readonly Draw[]
  #serial = 0

  constructor(table: RandomTable, dice: Dice) {
    this.#table = table
    this.#dice = dice
    this.#draws = [
      (state) => this.#add(state),
      (state) => this.#drop(state),
      (state) => this.#rename(state, this.#loose(state)),
      (state) => this.#rename(state, state.columns[0]),
      (state) => this.#newKey(state),
      (state) => this.#newIdentity(state),
      (state) => this.#renameTable(state),
      (state) => this.#dropType(state),
      (state) => this.#retype(state),
      ...(table.leaves.length > 0 ? [(state: TableState) => this.#detachOrAttach(state)] : []),
      ...(table.leaves.length > 0 ? [(state: TableState) => this.#leafIdentity(state)] : []),
    ]
  }

  /** null: the change that was drawn does not apply to the table. */
  change(state: TableState): Change | null {
    return this.#dice.pick(this.#draws)(state)
  }

  /** A column that is neither in the key nor used by generated columns. */
  #loose({ columns, key }: TableState): RandomColumn | undefined {
    const loose = columns.slice(3).filter((column) => !key.includes(column.name) && !isGenerated(column))
    return loose.length === 0 ? undefined : this.#dice.pick(loose)
  }

  #add(state: TableState): Change | null {
    if (this.#table.hasList) return null
    const domain = `small${this.#table.number}`
    const type = this.#dice.pick(['int', 'text', ...(this.#table.types.includes(domain) ? [domain] : [])])
    const name = `a${++this.#serial}`
    const columns = [...state.columns, { name, type, published: true }]
    return { sql: `ALTER TABLE ${state.name} ADD ${name} ${type}`, after: { ...state, columns }, step: { add: name } }
  }

  #drop(state: TableState): Change | null {
    const gone = this.#loose(state)
    if (gone === undefined) return null
    const columns = state.columns.filter((column) => column !== gone)
    return {
      sql: `ALTER TABLE ${state.name} DROP ${gone.name}`,
      after: { ...state, columns },
      step: { drop: [gone.name] },
    }
  }

  #rename(state: TableState, column: RandomColumn | undefined): Change | null {
    if (column === undefined) return null
    const name = `r${++this.#serial}`
    const columns = state.columns.map((each) => (each === column ? { ...each, name } : each))
    const key = state.key.map((each) => (each === column.name ? name : each))
    return {
      sql: `ALTER TABLE ${state.name} RENAME ${column.name} TO ${name}`,
      after: { ...state, columns, key },
      step: { rename: [column.name, name] },
    }
  }

  /** Changes a type so that the rows are rewritten with the same values. */
  #retype(state: TableState): Change | null {
    const column = this.#loose(state)
    if (column?.type !== 'int') return null
    const columns = state.columns.map((each) => (each === column ? { ...each, type: 'bigint' } : each))
    return {
      sql: `ALTER TABLE ${state.name} ALTER ${column.name} TYPE bigint`,
      after: { ...state, columns },
      step: {},
    }
  }

  #newKey(state: TableState): Change | null {
    if (state.identity === 'INDEX' || state.identity === 'NOTHING') return null
    const [id = '', k = '', code = ''] = state.columns.map(({ name }) => name)
    const isPartitioned = state.leaves !== null
    const key = this.#dice.pick([[id], [id, k], [id, code], ...(isPartitioned ? [] : [[code], []])])
    if (key.length === 0 && state.key.length === 0) return null
    const constraint = `p${this.#table.number}_${++this.#serial}`
    const isDeferrable = key.length > 0 && state.identity === 'FULL' && this.#dice.chance(0.1)
    const parts = [
      ...(state.key.length === 0 ? [] : [`DROP CONSTRAINT ${state.constraint}`]),
      ...(key.length === 0
        ? []
        : [`ADD CONSTRAINT ${constraint} PRIMARY KEY (${key.join(', ')})${isDeferrable ? ' DEFERRABLE' : ''}`]),
    ]
    return {
      sql: `ALTER TABLE ${state.name} ${parts.join(', ')}`,
      after: { ...state, key, constraint, isDeferrable },
      step: {},
    }
  }

  /** A column list cannot be combined with REPLICA IDENTITY FULL. */
  #newIdentity(state: TableState): Change | null {
    if (state.leaves !== null || state.isDeferrable) return null
    const others: readonly Identity[] = this.#table.hasList
      ? ['DEFAULT', 'INDEX', 'NOTHING']
      : ['DEFAULT', 'FULL', 'FULL', 'INDEX', 'NOTHING']
    const identity = this.#dice.pick(others.filter((each) => each !== state.identity))
    const words = identity === 'INDEX' ? `USING INDEX c${this.#table.number}_code` : identity
    return {
      sql: `ALTER TABLE ${state.name} REPLICA IDENTITY ${words}`,
      after: { ...state, identity },
      step: {},
    }
  }

  #leafIdentity(state: TableState): Change {
    const leaf = this.#dice.pick(this.#table.leaves)
    const sql = `ALTER TABLE ${leaf} REPLICA IDENTITY ${this.#dice.pick(['DEFAULT', 'FULL'])}`
    return { sql, after: state, step: {} }
  }

  #renameTable(state: TableState): Change | null {
    if (state.leaves !== null) return null
    const name = `${state.name}x`
    return {
      sql: `ALTER TABLE ${state.name} RENAME TO ${name}`,
      after: { ...state, name },
      step: { renameTable: [state.name, name] },
    }
  }

  /** Drops a type together with its columns. If a column list contained such a column, this would remove the table from the publication. */
  #dropType(state: TableState): Change | null {
    if (this.#table.hasList || this.#table.types.length === 0) return null
    const type = this.#dice.pick(this.#table.types)
    const dropped = state.columns.filter((column) => column.type === type || column.type === `${type}[]`)
    const columns = state.columns.filter((column) => !dropped.includes(column))
    return {
      sql: `DROP ${type.startsWith('mood') ? 'TYPE' : 'DOMAIN'} ${type} CASCADE`,
      after: { ...state, columns },
      step: { drop: dropped.map(({ name }) => name) },
    }
  }

  /** The rows of a detached partition no longer belong to the table. Attached partitions are empty. */
  #detachOrAttach(state: TableState): Change | null {
    const [first, second] = this.#table.leaves
    if (first === undefined || second === undefined) return null
    if (state.leaves?.includes(second) === true) {
      const column = state.columns[0]?.name ?? ''
      return {
        sql: `ALTER TABLE ${state.name} DETACH PARTITION ${second}${this.#publishedAgain}`,
        after: { ...state, leaves: [first] },
        step: { forget: { column, from: SPLIT, topics: [state.name, second] } },
      }
    }
    const range = `FOR VALUES FROM (${SPLIT}) TO (${2 * SPLIT})`
    return {
      sql: `TRUNCATE ${second}; ALTER TABLE ${state.name} ATTACH PARTITION ${second} ${range}${this.#publishedAgain}`,
      after: { ...state, leaves: [first, second] },
      step: {},
    }
  }

  /** In PostgreSQL 14 a running stream does not notice that a partition was attached or detached until the publication changes. */
  get #publishedAgain(): string {
    const { version, viaRoot } = this.#table.traits
    return version >= 15 ? '' : `; ALTER PUBLICATION pub SET (publish_via_partition_root = ${viaRoot})`
  }
}
