import type { SchemaStep } from './applying-consumer.ts'
import type { Dice } from './dice.ts'
import { RandomDdl } from './random-ddl.ts'
import { RandomRows } from './random-rows.ts'
import { messageKey, type RandomTable, type TableState } from './random-table.ts'

/** A message in the log between the rows: what happened to the table at this point, and what holds from here on. */
export interface Marker {
  /** The number of the table. */
  readonly number: number
  readonly step: SchemaStep
  /** The key that messages must have from here on. */
  readonly key: readonly string[]
  /** The topics of its rows from here on. */
  readonly topics: readonly string[]
}

export interface RandomTransaction {
  readonly sql: string
  /** The state of the table after each statement. The last state is the committed one. */
  readonly states: readonly TableState[]
  /** Rows swap their keys, which a deferrable constraint allows. */
  readonly swaps: boolean
}

export const MARKER = 'offbeat_test_ddl'

/** Generates random transactions for a table. */
export class RandomChange {
  readonly #table: RandomTable
  readonly #dice: Dice
  readonly #rows: RandomRows
  readonly #ddl: RandomDdl

  constructor(table: RandomTable, dice: Dice) {
    this.#table = table
    this.#dice = dice
    this.#rows = new RandomRows(dice)
    this.#ddl = new RandomDdl(table, dice)
  }

  transaction(before: TableState): RandomTransaction {
    const statements = ['BEGIN']
    const states = [before]
    let state = before
    let swaps = false
    for (let left = 1 + this.#dice.below(4); left > 0; left--) {
      if (state.isDeferrable && this.#dice.chance(0.1)) {
        statements.push(this.#rows.swap(state))
        swaps = true
        continue
      }
      const { sql, after } = this.#dice.chance(0.15) ? this.#change(state) : { sql: this.#rowsOf(state), after: state }
      const kind = this.#dice.chance(0.15) ? this.#dice.pick(['RELEASE', 'ROLLBACK TO'] as const) : null
      if (sql === '') continue
      statements.push(...(kind === null ? [sql] : ['SAVEPOINT s', sql, `${kind} s`]))
      if (kind !== 'ROLLBACK TO') state = after
      states.push(state)
    }
    return { sql: [...statements, 'COMMIT'].join('; '), states, swaps }
  }

  #rowsOf(state: TableState): string {
    const [, second] = this.#table.leaves
    if (second !== undefined && this.#dice.chance(0.15)) return this.#rows.insertInto(second, state)
    return this.#rows.statement(state)
  }

  #change(state: TableState): { readonly sql: string; readonly after: TableState } {
    const change = this.#ddl.change(state)
    if (change === null) return { sql: '', after: state }
    const { sql, after, step } = change
    const marker: Marker = {
      number: this.#table.number,
      step,
      key: messageKey(after),
      topics: this.#table.topics(after),
    }
    const message = `SELECT pg_logical_emit_message(true, '${MARKER}', '${JSON.stringify(marker)}')`
    return { sql: `${sql}; ${message}`, after }
  }
}
