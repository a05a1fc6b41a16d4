import type { Relation } from '../decode/relation.ts'
import type { RememberedKey } from '../read/log-memory.ts'
import type { ColumnFacts, IndexFacts, KeyFacts } from './key-facts.ts'

/*
 * The log describes a table as it was when its rows were written, except for a key that is not its replica identity. The catalog has that
 * key as it is now. Two things show what the key was then: the transaction that wrote each row of the catalog, and what the offset
 * remembers of the key. A transaction that changes a key locks the table. So it runs entirely before or entirely after another transaction
 * that writes rows, or it writes them itself.
 */

/** A table as the log describes it, and when the log does so. */
export interface KeyQuestion {
  readonly relation: Relation
  /** The transaction of the rows that follow. */
  readonly xid: number
  /** The stream describes this table for the first time. */
  readonly isFirst: boolean
}

export interface KeyAnswer {
  readonly names: readonly string[]
  /** Why the key cannot be known; null: it is known. */
  readonly doubt: string | null
  /** Columns of the key that the log does not have. */
  readonly missing: readonly string[]
  /** The answer is valid until something shows that the key changed. */
  readonly isKept: boolean
}

type When = 'before' | 'within' | 'after'

const LAST_KNOWN = 'the last known key is used'
const DROPPED = 'the table had a primary key earlier and has none now'
const LATER = 'the primary key has changed since these rows were written'
const WITHIN = 'the transaction that wrote these rows also changed the primary key'

/** The key of rows whose description does not mark it with flags. */
export function primaryKeyAtRow(
  question: KeyQuestion,
  facts: KeyFacts | null,
  remembered: RememberedKey | undefined,
): KeyAnswer {
  const old = remembered !== undefined && isIn(remembered.names, question.relation) ? remembered : undefined
  if (facts === null) return dropped(question.relation, old)
  const { primaryKey } = facts
  if (primaryKey === null) {
    const hadKey = remembered !== undefined && (remembered.names.length > 0 || remembered.isIncomplete)
    if (!hadKey) return known([])
    // A later description comes only because something changed, and that is most likely the key.
    return question.isFirst && old !== undefined && !old.isIncomplete
      ? guess(old.names, `${DROPPED}; ${LAST_KNOWN}`)
      : guess([], `${DROPPED}; no key is used`)
  }
  switch (whenOf(primaryKey.changedBy, question, facts)) {
    case 'before':
      return presentKey(primaryKey, question, facts)
    case 'within':
      return keyWithin(question, facts, { now: presentKey(primaryKey, question, facts), old })
    default:
      // The key may have changed more than once.
      return old === undefined ? unknown(LATER) : guess(old.names, `${LATER}; ${LAST_KNOWN}`)
  }
}

/**
 * The transaction that wrote the rows also changed the key, before or after them. If the columns are those at the end of the transaction,
 * most likely before. The exception is a first description that still fits the remembered key.
 */
function keyWithin(
  question: KeyQuestion,
  facts: KeyFacts,
  { now, old }: { readonly now: KeyAnswer; readonly old: RememberedKey | undefined },
): KeyAnswer {
  const isCreated = facts.columns.every(({ changedBy }) => changedBy === question.xid)
  if (isCreated) return now
  if (old === undefined || old.names.length === 0) {
    return now.doubt === null ? { ...now, doubt: `${WITHIN}; its key at the end is used` } : now
  }
  // The key may have been dropped and created again, with rows without a key in between.
  if (sameNames(old.names, now.names)) return guess(old.names, `${WITHIN}; ${LAST_KNOWN}`)
  const isAtEnd =
    now.doubt === null && isShapeAtEnd(question, facts) && !(question.isFirst && old.fits(question.relation))
  return isAtEnd
    ? { ...now, doubt: `${WITHIN}; its key at the end is used` }
    : guess(old.names, `${WITHIN}; ${LAST_KNOWN}`)
}

/** The key of rows whose description marks it with flags, except for columns that the log does not have. */
export function flaggedKeyAtRow(
  question: KeyQuestion,
  facts: KeyFacts | null,
  remembered: RememberedKey | undefined,
): KeyAnswer {
  const { relation } = question
  const flagged = relation.columns.filter((column) => column.identity).map(({ name }) => name)
  const identity = (relation.isDefault ? facts?.primaryKey : facts?.identity) ?? null
  const when = facts === null || identity === null ? 'after' : whenOf(identity.changedBy, question, facts)
  const present = facts === null || identity === null ? null : flaggedPresentKey(identity, flagged, question, facts)
  const wasIncomplete = remembered?.isIncomplete === true
  if (present !== null && present.missing.length > 0 && when !== 'after') return present
  if (present?.missing.length === 0 && (when === 'before' || (when === 'within' && !wasIncomplete))) return present
  if (wasIncomplete) {
    if (present !== null || !remembered.fits(relation)) return unknown(`${LATER}; no key is used`)
    return lacking(['a column that was dropped or changed'])
  }
  const canBeIncomplete = facts !== null && when !== 'before' && hasUnloggedColumn(question, facts)
  return canBeIncomplete ? guess(flagged, `${LATER}; the columns of it that the log has are used`) : known(flagged)
}

/** The present key, if its columns in the log are the flagged ones; null: it is another key. */
function flaggedPresentKey(
  identity: IndexFacts,
  flagged: readonly string[],
  question: KeyQuestion,
  facts: KeyFacts,
): KeyAnswer | null {
  const columns = columnsAtRow(identity, question, facts)
  const logged = columns.flatMap(({ name }) => name ?? [])
  const hidden = columns.filter(({ name }) => name === null).map(({ column }) => column)
  if (!sameNames(logged, flagged) || !hidden.every((column) => isUnlogged(column, question, facts))) return null
  return hidden.length === 0 ? known(flagged) : lacking(hidden.map(({ name }) => name))
}

/** When the rows were written, the table had a column that the log does not have. That column may have been part of the key. */
function hasUnloggedColumn(question: KeyQuestion, facts: KeyFacts): boolean {
  const isNamed = ({ name }: ColumnFacts) => question.relation.columns.some((column) => column.name === name)
  return facts.columns.some((column) => !column.dropped && !isNamed(column) && isUnlogged(column, question, facts))
}

function dropped(relation: Relation, old: RememberedKey | undefined): KeyAnswer {
  // With the default replica identity and no flags there is no key, unless the primary key is deferrable.
  if (relation.columns.length === 0 || (relation.isDefault && old === undefined)) return known([])
  if (old === undefined) return unknown('the table does not exist any more')
  if (old.fits(relation)) return known(old.names)
  return guess(old.names, `the table does not exist any more, and its columns had changed; ${LAST_KNOWN}`)
}

/** The columns of an index that existed already, with the names that they had then. */
function presentKey(index: IndexFacts, question: KeyQuestion, facts: KeyFacts): KeyAnswer {
  const found = columnsAtRow(index, question, facts)
  const missing = found.filter(({ name }) => name === null).map(({ column }) => column.name)
  if (missing.length === 0) return known(found.flatMap(({ name }) => name ?? []))
  const hidden = found.every(({ column, name }) => name !== null || isUnlogged(column, question, facts))
  return hidden ? lacking(missing) : unknown('a column of the primary key has changed since these rows were written')
}

function columnsAtRow(index: IndexFacts, question: KeyQuestion, facts: KeyFacts) {
  const names = new Set(question.relation.columns.map(({ name }) => name))
  return index.columns.map((column) => ({ column, name: nameAtRow(column, question, facts, names) }))
}

/** null: the log does not have the column, or it is not clear which column it is. */
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

/**
 * Whether the log had the column when the row was written, as far as the catalog shows. A column that is dropped now may have existed then.
 */
function isLogged(column: ColumnFacts, question: KeyQuestion, facts: KeyFacts): boolean {
  if (column.dropped) return whenOf(column.changedBy, question, facts) === 'after'
  const named = question.relation.columns.some(({ name }) => name === column.name)
  return named || (!column.generated && whenOf(column.changedBy, question, facts) !== 'before')
}

/** Whether the publication leaves the column out. A column that was created or renamed later does not count. */
function isUnlogged(column: ColumnFacts, question: KeyQuestion, facts: KeyFacts): boolean {
  return column.generated || whenOf(column.changedBy, question, facts) === 'before'
}

/** Whether the columns can be those at the end of the transaction: every difference from now was made later. */
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

/** A transaction id outside the range assigned since `xid` is older: ids are reused, and such a catalog row may be frozen. */
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
  return { names, doubt: null, missing: [], isKept: true }
}

function lacking(missing: readonly string[]): KeyAnswer {
  return { names: [], doubt: null, missing, isKept: true }
}

function guess(names: readonly string[], doubt: string): KeyAnswer {
  return { names, doubt, missing: [], isKept: true }
}

function unknown(doubt: string): KeyAnswer {
  return { names: [], doubt, missing: [], isKept: false }
}
