import type { ColumnFacts, IndexFacts, KeyFacts } from './key-facts.ts'
import type { RememberedKey } from './log-memory.ts'
import type { Relation } from './relation.ts'

/*
 * The log describes a table as it was when its rows were written, but for a key that is not its replica identity. The catalog has that key as
 * it is now. Two things bridge the time between them: the transaction that wrote each row of the catalog, and what the offset remembers of the
 * key. A transaction that changes a key locks the table, so it is wholly before or wholly after another that writes rows, or the same one.
 */

/** A table as the log describes it, and when. */
export interface KeyQuestion {
  readonly relation: Relation
  /** The transaction whose rows follow. */
  readonly xid: number
  /** The stream has not described this table before. */
  readonly isFirst: boolean
}

export interface KeyAnswer {
  readonly names: readonly string[]
  /** Why the key cannot be known; null: it is known. */
  readonly doubt: string | null
  /** Columns of the key that the log does not have. */
  readonly missing: readonly string[]
}

type When = 'before' | 'within' | 'after'

const REUSED =
  'the primary key has changed since these rows were written, perhaps more than once; the key from before is used'

const WITHIN = 'the transaction that wrote these rows also changed the primary key'

/** The key of rows that follow a description whose flags do not tell it. */
export function primaryKeyAtRow(
  question: KeyQuestion,
  facts: KeyFacts | null,
  remembered: RememberedKey | undefined,
): KeyAnswer {
  const old = remembered !== undefined && isIn(remembered.names, question.relation) ? remembered : undefined
  if (facts === null) return dropped(question.relation, old)
  const { primaryKey } = facts
  if (primaryKey === null) {
    if (old === undefined || old.names.length === 0 || !question.isFirst) return known([])
    return {
      ...known(old.names),
      doubt: 'the table has no primary key now, and had one earlier; the key from before is used',
    }
  }
  const when = whenOf(primaryKey.changedBy, question, facts)
  const now = () => presentKey(primaryKey, question, facts)
  if (when === 'before') return now()
  if (when === 'within') return keyWithin(question, facts, { now: now(), old })
  if (old === undefined) return unknown('the primary key has changed since these rows were written')
  // A second description in the stream can be that of another change in between.
  return { ...known(old.names), doubt: old.fits(question.relation) && question.isFirst ? null : REUSED }
}

/**
 * The transaction that wrote the rows also changed the key, before or after them. After it, if the columns are those at its end and the
 * description is not the first in this stream: then it came because something changed.
 */
function keyWithin(
  question: KeyQuestion,
  facts: KeyFacts,
  { now, old }: { readonly now: KeyAnswer; readonly old: RememberedKey | undefined },
): KeyAnswer {
  const isEarlier = !isShapeAtEnd(question, facts)
  if (old === undefined || old.names.length === 0) {
    const isCreated = facts.columns.every(({ changedBy }) => changedBy === question.xid)
    return isCreated || now.doubt !== null ? now : { ...now, doubt: WITHIN }
  }
  if (!isEarlier && !(question.isFirst && old.fits(question.relation))) return now
  return {
    ...known(old.names),
    doubt: sameNames(old.names, now.names) ? null : `${WITHIN}; the key from before is used`,
  }
}

/** The key of rows that follow a description whose flags tell it, but for columns that the log does not have. */
export function flaggedKeyAtRow(
  question: KeyQuestion,
  facts: KeyFacts | null,
  remembered: RememberedKey | undefined,
): KeyAnswer {
  const { relation } = question
  const flagged = relation.columns.filter((column) => column.identity).map(({ name }) => name)
  const lacks = (missing: readonly string[]): KeyAnswer => ({ names: [], doubt: null, missing })
  const identity = (relation.isDefault ? facts?.primaryKey : facts?.identity) ?? null
  if (facts !== null && identity !== null && whenOf(identity.changedBy, question, facts) !== 'after') {
    const columns = columnsAtRow(identity, question, facts)
    const logged = columns.flatMap(({ name }) => name ?? [])
    const hidden = columns.filter(({ name }) => name === null).map(({ column }) => column)
    const isSameKey = sameNames(logged, flagged)
    if (isSameKey && hidden.length === 0) return known(flagged)
    if (isSameKey && hidden.every((column) => isUnlogged(column, question, facts)))
      return lacks(hidden.map(({ name }) => name))
  }
  return remembered?.isIncomplete === true && remembered.fits(relation)
    ? lacks(['a column that was dropped or changed'])
    : known(flagged)
}

function dropped(relation: Relation, old: RememberedKey | undefined): KeyAnswer {
  // Without flags the default identity is no key, unless that is deferrable.
  if (relation.columns.length === 0 || (relation.isDefault && old === undefined)) return known([])
  if (old === undefined) return unknown('the table does not exist any more')
  const doubt = old.fits(relation)
    ? null
    : 'the table does not exist any more, and its columns had changed; the key from before is used'
  return { ...known(old.names), doubt }
}

/** The columns of an index that existed already, under the names that they had. */
function presentKey(index: IndexFacts, question: KeyQuestion, facts: KeyFacts): KeyAnswer {
  const found = columnsAtRow(index, question, facts)
  const missing = found.filter(({ name }) => name === null).map(({ column }) => column.name)
  if (missing.length === 0) return known(found.flatMap(({ name }) => name ?? []))
  const hidden = found.every(({ column, name }) => name !== null || isUnlogged(column, question, facts))
  return hidden
    ? { names: [], doubt: null, missing }
    : unknown('a column of the primary key has changed since these rows were written')
}

function columnsAtRow(index: IndexFacts, question: KeyQuestion, facts: KeyFacts) {
  const names = new Set(question.relation.columns.map(({ name }) => name))
  return index.columns.map((column) => ({ column, name: nameAtRow(column, question, facts, names) }))
}

/** null: the log does not have the column, or it is not clear which it is. */
function nameAtRow(
  column: ColumnFacts,
  question: KeyQuestion,
  facts: KeyFacts,
  names: ReadonlySet<string>,
): string | null {
  const hasName = names.has(column.name)
  if (whenOf(column.changedBy, question, facts) === 'before') return hasName ? column.name : null
  const at = facts.columns.filter((other) => other.number < column.number && isLogged(other, question, facts)).length
  const there = question.relation.columns[at]
  if (hasName) return there?.name === column.name || isWithoutRenames(question, facts) ? column.name : null
  if (there === undefined || there.typeOid !== column.typeOid || column.generated) return null
  return facts.columns.some(({ name }) => name === there.name) ? null : there.name
}

function isWithoutRenames({ relation }: KeyQuestion, facts: KeyFacts): boolean {
  return relation.columns.every(({ name }) => facts.columns.some((column) => column.name === name))
}

/** The log had it when the row was written, as far as the catalog says: a column that is dropped now may have existed then. */
function isLogged(column: ColumnFacts, question: KeyQuestion, facts: KeyFacts): boolean {
  if (column.dropped) return whenOf(column.changedBy, question, facts) === 'after'
  const named = question.relation.columns.some(({ name }) => name === column.name)
  return named || (!column.generated && whenOf(column.changedBy, question, facts) !== 'before')
}

/** Left out by the publication: not a column that was created or renamed later. */
function isUnlogged(column: ColumnFacts, question: KeyQuestion, facts: KeyFacts): boolean {
  return column.generated || whenOf(column.changedBy, question, facts) === 'before'
}

/** The columns can be those at the end of the transaction: what differs from the present was changed later. */
function isShapeAtEnd(question: KeyQuestion, facts: KeyFacts): boolean {
  const { columns } = question.relation
  const isLater = ({ changedBy }: ColumnFacts) => whenOf(changedBy, question, facts) === 'after'
  const settled = facts.columns.filter((column) => !column.dropped && !isLater(column))
  const isThere = ({ name, typeOid }: ColumnFacts) =>
    columns.some((column) => column.name === name && column.typeOid === typeOid)
  if (!settled.every((column) => isThere(column) || isUnlogged(column, question, facts))) return false
  const others = columns.filter(({ name }) => !settled.some((column) => column.name === name)).length
  const droppedWithin = facts.columns.some(({ dropped, changedBy }) => dropped && changedBy === question.xid)
  return others === 0 || (!droppedWithin && others <= facts.columns.filter(isLater).length)
}

/** A number outside the range of those assigned since is an old one: such a row may be frozen, and numbers are used again. */
function whenOf(changedBy: number, { xid }: KeyQuestion, { nextXid }: KeyFacts): When {
  if (changedBy === xid) return 'within'
  return (changedBy - xid) >>> 0 < (nextXid - xid) >>> 0 ? 'after' : 'before'
}

function isIn(key: readonly string[], { columns }: Relation): boolean {
  return key.every((name) => columns.some((column) => column.name === name))
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name))
}

function known(names: readonly string[]): KeyAnswer {
  return { names, doubt: null, missing: [] }
}

function unknown(doubt: string): KeyAnswer {
  return { names: [], doubt, missing: [] }
}
