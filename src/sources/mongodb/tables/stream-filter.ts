import type { Document } from 'mongodb'
import { checkedPattern, matchesTable, type TablePattern } from '../../table-pattern.ts'
import type { StreamScope } from './stream-scope.ts'
import { heartbeatCollection, type WatchConfig } from './watched-collections.ts'

/*
 * The `$match` of a stream. Its conditions are on `ns.db` and `ns.coll`, which the server can apply to the entries of the oplog; conditions
 * on the whole of `ns` are ten times slower. Three kinds of events have no collection in `ns`, or a second one:
 *
 *   rename        is wanted by its old name (`ns`) and by its new one (`to`)
 *   dropDatabase  has a database only
 *   invalidate    has neither, and ends the stream
 *
 * No stream contains events of the server's own collections, so nothing excludes them here.
 */

type Part = TablePattern['parts'][number]
type BroadScope = Exclude<StreamScope, { readonly covers: 'collection' }>

/** A pattern without what the scope already ensures. `database` null: any database of the scope. */
interface ScopedPattern {
  readonly database: Part | null
  readonly name: Part
}

/** The condition that exactly the wanted events of the scope meet. null: all of its events are wanted. */
export function streamFilter(config: WatchConfig, scope: StreamScope): Document | null {
  if (scope.covers === 'collection') return null
  const all = config.tables.length === 0
  if (all && config.exclude.length === 0) return null
  const wanted = scoped(config.tables, scope)
  const unwanted = scoped(config.exclude, scope)
  const heartbeat = heartbeatIn(config, scope)
  const inField = (field: 'ns' | 'to'): Document => {
    const some = all ? [{ [`${field}.coll`]: { $exists: true } }] : conditions(wanted, field)
    const without = unwanted.length === 0 ? some : [{ $and: [anyOf(some), { $nor: conditions(unwanted, field) }] }]
    return anyOf([...without, ...conditions(heartbeat, field)])
  }
  return anyOf([
    inField('ns'),
    { $and: [{ operationType: 'rename' }, inField('to')] },
    dropOfDatabase(all ? null : [...wanted, ...heartbeat].map(({ database }) => database)),
    { operationType: 'invalidate' },
  ])
}

/** In a stream over one database, a pattern either cannot match, or needs no condition on the database. */
function scoped(patterns: readonly string[], scope: BroadScope): readonly ScopedPattern[] {
  return patterns.map(checkedPattern).flatMap(({ text, parts: [first = [], second] }) => {
    const [database, name] = second === undefined ? [null, first] : [first, second]
    if (scope.covers === 'cluster' || database === null) return [{ database, name }]
    return matchesTable({ text, parts: [database] }, [scope.database]) ? [{ database: null, name }] : []
  })
}

function heartbeatIn(config: WatchConfig, scope: BroadScope): readonly ScopedPattern[] {
  const heartbeat = heartbeatCollection(config)
  if (heartbeat === null) return []
  return [{ database: scope.covers === 'cluster' ? [heartbeat.database] : null, name: [heartbeat.name] }]
}

/** One condition for each database part, with all its collections in one list. */
function conditions(patterns: readonly ScopedPattern[], field: 'ns' | 'to'): readonly Document[] {
  return [...Map.groupBy(patterns, ({ database }) => JSON.stringify(database)).values()].map((group) => {
    const coll = { [`${field}.coll`]: oneOf(group.map(({ name }) => name)) }
    const database = group[0]?.database ?? null
    return database === null ? coll : { [`${field}.db`]: oneOf([database]), ...coll }
  })
}

/** `databases` null, or null within: any database. */
function dropOfDatabase(databases: readonly (Part | null)[] | null): Document {
  const named = databases?.filter((database) => database !== null) ?? []
  const isAny = databases === null || named.length < databases.length
  return { operationType: 'dropDatabase', ...(isAny ? {} : { 'ns.db': oneOf(named) }) }
}

/** A condition on a name, for `{ field: ... }`. */
function oneOf(parts: readonly Part[]): string | RegExp | Document {
  const distinct = [...new Map(parts.map((part) => [JSON.stringify(part), named(part)])).values()]
  const [only, ...more] = distinct
  return only !== undefined && more.length === 0 ? only : { $in: distinct }
}

function named(part: Part): string | RegExp {
  const [first = '', ...rest] = part
  return rest.length === 0 ? first : new RegExp(expressionOf(first, rest))
}

const ANYTHING = String.raw`[\s\S]*`
/** `$` would also match before a final line feed. */
const END = String.raw`(?![\s\S])`

/** What is before the first star, and after each one. */
function expressionOf(first: string, rest: readonly string[]): string {
  const last = rest.at(-1) ?? ''
  const middle = rest.slice(0, -1).filter((piece) => piece !== '')
  const pieces = [first, ...middle, ...(last === '' ? [] : [last])].map(quoted)
  return `^${pieces.join(ANYTHING)}${last === '' ? '' : END}`
}

function quoted(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}

function anyOf(documents: readonly Document[]): Document {
  const [only, ...more] = documents
  return only !== undefined && more.length === 0 ? only : { $or: documents }
}
