import { isDeepStrictEqual } from 'node:util'
import type { EncodedMessage, Values } from './encoded-messages.ts'

const UNAVAILABLE = '__debezium_unavailable_value'

/** What the operator of a consumer does at the target when the table is changed at its source. */
export interface SchemaStep {
  readonly add?: string
  readonly drop?: readonly string[]
  readonly rename?: readonly [from: string, to: string]
  readonly renameTable?: readonly [from: string, to: string]
  /** The rows with numbers from `from` on in this column no longer belong to the table. */
  readonly forget?: { readonly column: string; readonly from: number; readonly topics: readonly string[] }
}

/**
 * Tables built only from messages, as by a sink that upserts and deletes by key. Rows are found by the key columns of the message, or by
 * the old row if it has no key. A value that the log left out stays unchanged.
 */
export class ApplyingConsumer {
  readonly #tables = new Map<string, Values[]>()

  rows(table: string): readonly Values[] {
    return this.#tables.get(table) ?? []
  }

  step(tables: readonly string[], { add, drop, rename, renameTable, forget }: SchemaStep): void {
    for (const table of tables) {
      this.#set(table, (row) => {
        const kept = Object.entries(row).filter(([name]) => drop?.includes(name) !== true)
        const named = kept.map(([name, value]) => [rename?.[0] === name ? rename[1] : name, value])
        return { ...(add === undefined ? {} : { [add]: null }), ...Object.fromEntries(named) }
      })
    }
    for (const table of forget?.topics ?? []) {
      const isKept = (row: Values) => Number(row[forget?.column ?? '']) < (forget?.from ?? 0)
      this.#tables.set(table, this.rows(table).filter(isKept))
    }
    if (renameTable === undefined) return
    const [from, to] = renameTable
    this.#tables.set(to, this.#tables.get(from) ?? [])
    this.#tables.delete(from)
  }

  /** Applies the message. Returns what is wrong with it, given the messages before. null: nothing. */
  apply({ table, op, key, before, after }: EncodedMessage): string | null {
    const rows = this.#tables.get(table) ?? []
    this.#tables.set(table, rows)
    if (op === 't') {
      rows.length = 0
      return null
    }
    const wanted = key ?? before
    const at = wanted === null ? -1 : rows.findIndex((row) => has(row, wanted))
    const old = rows[at]
    if (op === 'c') {
      if (key !== null && old !== undefined) return `a create of a row that is there: ${JSON.stringify(key)}`
      rows.push({ ...after })
      return null
    }
    if (old === undefined) return `${op} of a row that is not there: ${JSON.stringify(wanted)}`
    if (before !== null && !has(old, before))
      return `before ${JSON.stringify(before)} where the row was ${JSON.stringify(old)}`
    if (op === 'd') rows.splice(at, 1)
    else rows[at] = { ...old, ...known(after ?? {}) }
    return null
  }

  #set(table: string, change: (row: Values) => Values): void {
    const rows = this.#tables.get(table)
    if (rows !== undefined) this.#tables.set(table, rows.map(change))
  }
}

/** Whether the row has every value of `part`. A value that the log left out matches any. */
function has(row: Values, part: Values): boolean {
  return Object.entries(part).every(([name, value]) => same(row[name], value))
}

function same(a: unknown, b: unknown): boolean {
  return a === UNAVAILABLE || b === UNAVAILABLE || isDeepStrictEqual(a, b)
}

function known(row: Values): Values {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== UNAVAILABLE))
}

/** The rows of `actual` that are missing in `applied`, and the surplus rows of `applied`. Duplicates are counted. */
export function difference(
  applied: readonly Values[],
  actual: readonly Values[],
): { missing: Values[]; extra: Values[] } {
  const extra = [...applied]
  const missing = actual.filter((row) => {
    const at = extra.findIndex((candidate) => has(candidate, row))
    if (at >= 0) extra.splice(at, 1)
    return at < 0
  })
  return { missing, extra }
}
