import type { Dice } from './dice.ts'
import { END_OF_IDS, isGenerated, SPLIT, type TableState } from './random-table.ts'

/** Longer than a value that is stored in the row itself. */
const BIG = 4000

/** Generates random statements that change rows. */
export class RandomRows {
  readonly #dice: Dice
  #serial = 0

  constructor(dice: Dice) {
    this.#dice = dice
  }

  statement(state: TableState): string {
    const [id, k, code] = state.columns.map(({ name }) => name)
    const dice = this.#dice
    if (state.identity === 'NOTHING' || dice.chance(0.4)) return this.#insert(state)
    if (dice.chance(0.06)) return `TRUNCATE ${state.name}`
    const which = `${id} = ${this.#id()}`
    const value = this.#assignment(state)
    return dice.pick([
      `UPDATE ${state.name} SET ${value} WHERE ${which}`,
      `UPDATE ${state.name} SET ${value} WHERE ${id} < ${SPLIT}`,
      `UPDATE ${state.name} SET ${id} = ${this.#id()} WHERE ${which}`,
      `UPDATE ${state.name} SET ${k} = ${dice.below(3)}, ${value} WHERE ${which}`,
      `UPDATE ${state.name} SET ${code} = ${++this.#serial} WHERE ${which} AND ${k} = 0`,
      `DELETE FROM ${state.name} WHERE ${which}`,
      `DELETE FROM ${state.name} WHERE ${id} > 15`,
      this.#exchange(state),
    ])
  }

  /** Inserts into a partition that can be detached. */
  insertInto(leaf: string, state: TableState): string {
    return this.#insert({ ...state, name: leaf }, SPLIT)
  }

  /** Two rows exchange their ids by means of a third id. */
  #exchange({ name, columns }: TableState): string {
    const id = columns[0]?.name
    const [a, b, free] = [this.#id(), this.#id(), END_OF_IDS - 1]
    const move = (from: number, to: number) => `UPDATE ${name} SET ${id} = ${to} WHERE ${id} = ${from}`
    return [move(a, free), move(b, a), move(free, b)].join('; ')
  }

  /** Two rows swap their ids in one statement. Only a deferrable key allows this. */
  swap({ name, columns }: TableState): string {
    const id = columns[0]?.name
    const [a, b] = [this.#id(), this.#id()]
    return `UPDATE ${name} SET ${id} = CASE ${id} WHEN ${a} THEN ${b} ELSE ${a} END WHERE ${id} IN (${a}, ${b})`
  }

  #assignment({ columns }: TableState): string {
    const settable = columns.filter((column, i) => i > 2 && !isGenerated(column))
    if (settable.length === 0) return `${columns[1]?.name} = ${columns[1]?.name}`
    const { name, type } = this.#dice.pick(settable)
    return `${name} = ${this.#value(type)}`
  }

  #insert(state: TableState, from = 0): string {
    const columns = state.columns.filter((column) => !isGenerated(column))
    const fixed = [String(from + this.#dice.below(END_OF_IDS - from)), String(this.#dice.below(3)), `${++this.#serial}`]
    const values = columns.map(({ type }, i) => fixed[i] ?? this.#value(type))
    return `INSERT INTO ${state.name} (${columns.map(({ name }) => name).join(', ')}) VALUES (${values.join(', ')})`
  }

  #value(type: string): string {
    const dice = this.#dice
    if (dice.chance(0.25)) return 'NULL'
    if (type.endsWith('[]')) return type.startsWith('mood') ? `'{sad,ok}'` : `'{${dice.below(9)},7}'`
    if (type.startsWith('mood')) return dice.pick([`'sad'`, `'ok'`])
    if (type === 'bool' || type.startsWith('flag')) return dice.pick(['true', 'false'])
    if (type === 'text') return dice.chance(0.5) ? `repeat('${dice.below(9)}', ${BIG})` : `'t${dice.below(9)}'`
    return String(dice.below(1000))
  }

  #id(): number {
    return this.#dice.below(END_OF_IDS)
  }
}
