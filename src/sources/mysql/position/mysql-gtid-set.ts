import type { Order } from '../../../model/position.ts'
import { GrowingGtids, type GrowthForm } from './growing-gtids.ts'

/*
 * A set of MySQL's GTIDs, as the server prints it:
 *
 *   set        source (',' source)*           '' is the empty set
 *   source     uuid (':' interval)* (':' tag (':' interval)+)*
 *   interval   number ['-' number]
 */

/** Inclusive on both sides. */
interface Interval {
  readonly first: bigint
  readonly last: bigint
}

/** Intervals by `uuid` or `uuid:tag`. Each list is sorted and never empty, and no two of its intervals touch. */
export type MysqlGtidSet = ReadonlyMap<string, readonly Interval[]>

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const TAG = /^[a-z_][a-z0-9_]{0,31}$/
const INTERVAL = /^(\d{1,19})(?:-(\d{1,19}))?$/

/** null: the text is not a GTID set. Like the server, this accepts upper case and white space. */
export function parseMysqlGtidSet(text: string): MysqlGtidSet | null {
  const set = new Map<string, Interval[]>()
  const bare = text.replaceAll(/\s+/g, '').toLowerCase()
  for (const source of bare.split(',').filter((each) => each !== '')) {
    const [uuid = '', ...items] = source.split(':')
    if (!UUID.test(uuid) || items.length === 0 || !addItems(set, uuid, items)) return null
  }
  return ordered(set)
}

function addItems(set: Map<string, Interval[]>, uuid: string, items: readonly string[]): boolean {
  let key = uuid
  for (const item of items) {
    const interval = parseInterval(item)
    if (interval !== null) set.set(key, [...(set.get(key) ?? []), interval])
    else if (TAG.test(item)) key = `${uuid}:${item}`
    else return false
  }
  // A tag without an interval after it names nothing.
  return set.has(key)
}

function parseInterval(text: string): Interval | null {
  const match = INTERVAL.exec(text)
  if (match === null) return null
  const first = BigInt(match[1] ?? '')
  const last = match[2] === undefined ? first : BigInt(match[2])
  return first < 1n || last < first ? null : { first, last }
}

function ordered(set: ReadonlyMap<string, readonly Interval[]>): MysqlGtidSet {
  const keys = [...set.keys()].sort((a, b) => (a < b ? -1 : 1))
  return new Map(keys.map((key) => [key, merged(set.get(key) ?? [])]))
}

function merged(intervals: readonly Interval[]): readonly Interval[] {
  const result: Interval[] = []
  for (const next of intervals.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    const before = result.at(-1)
    if (before === undefined || next.first > before.last + 1n) result.push(next)
    else if (next.last > before.last) result[result.length - 1] = { first: before.first, last: next.last }
  }
  return result
}

export function mysqlGtidSetText(set: MysqlGtidSet): string {
  const sources = new Map<string, string>()
  for (const [key, intervals] of set) {
    const [uuid = '', tag] = key.split(':')
    const items = intervals.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(':')
    sources.set(uuid, `${sources.get(uuid) ?? uuid}:${tag === undefined ? '' : `${tag}:`}${items}`)
  }
  return [...sources.values()].join(',')
}

const GROWTH: GrowthForm<string, readonly Interval[]> = {
  separator: ':',
  follows: (last, number) => number === last + 1,
  isNewest: (set, key, number) => (set.get(key)?.at(-1)?.last ?? 0n) < number,
  add: (set, key, first, last) => withInterval(set, key, { first: BigInt(first), last: BigInt(last) }),
}

/** The set with one more GTID, `uuid:number` or `uuid:tag:number`. */
export function withMysqlGtid(set: MysqlGtidSet, gtid: string): MysqlGtidSet {
  const grown = GrowingGtids.with(set, gtid, GROWTH)
  if (grown !== null) return grown
  const at = gtid.lastIndexOf(':')
  const number = BigInt(gtid.slice(at + 1))
  return withInterval(set, gtid.slice(0, at), { first: number, last: number })
}

function withInterval(set: MysqlGtidSet, key: string, interval: Interval): MysqlGtidSet {
  const known = set.get(key)
  const grown = new Map(set).set(key, merged([...(known ?? []), interval]))
  return known === undefined ? ordered(grown) : grown
}

/** The GTIDs of both sets. */
export function mysqlGtidUnion(a: MysqlGtidSet, b: MysqlGtidSet): MysqlGtidSet {
  const union = new Map(a)
  for (const [key, intervals] of b) union.set(key, merged([...(a.get(key) ?? []), ...intervals]))
  return ordered(union)
}

/** Whether every GTID of `part` is in `whole`. */
export function containsMysqlGtids(whole: MysqlGtidSet, part: MysqlGtidSet): boolean {
  for (const [key, intervals] of part) {
    const within = whole.get(key)
    if (within === undefined) return false
    for (const { first, last } of intervals) {
      if (!within.some((each) => each.first <= first && last <= each.last)) return false
    }
  }
  return true
}

/** The GTIDs that are in `set` but not in `other`. */
export function mysqlGtidsWithout(set: MysqlGtidSet, other: MysqlGtidSet): MysqlGtidSet {
  const rest = new Map<string, readonly Interval[]>()
  for (const [key, intervals] of set) {
    const left = intervals.flatMap((interval) => intervalWithout(interval, other.get(key) ?? []))
    if (left.length > 0) rest.set(key, left)
  }
  return rest
}

function intervalWithout(interval: Interval, others: readonly Interval[]): readonly Interval[] {
  let left: readonly Interval[] = [interval]
  for (const { first, last } of others) {
    left = left.flatMap((each) => {
      if (last < each.first || each.last < first) return [each]
      return [
        ...(each.first < first ? [{ first: each.first, last: first - 1n }] : []),
        ...(last < each.last ? [{ first: last + 1n, last: each.last }] : []),
      ]
    })
  }
  return left
}

export function compareMysqlGtids(a: MysqlGtidSet, b: MysqlGtidSet): Order {
  const order = GrowingGtids.compare(a, b)
  if (order !== null) return order
  const aInB = containsMysqlGtids(b, a)
  const bInA = containsMysqlGtids(a, b)
  if (aInB) return bInA ? 'same' : 'before'
  return bInA ? 'after' : 'unordered'
}
