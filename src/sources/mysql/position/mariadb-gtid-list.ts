import type { Order } from '../../../model/position.ts'
import { GrowingGtids, type GrowthForm } from './growing-gtids.ts'

/*
 * A position in MariaDB's log: the last GTID of each domain, as the server prints it:
 *
 *   list   id (',' id)*          '' is the empty list
 *   id     domain '-' server '-' sequence
 */

interface LastId {
  readonly server: number
  readonly sequence: bigint
}

/** The last GTID by domain, in domain order. Within a domain, GTIDs are ordered by their sequence number, whatever their server. */
export type MariadbGtidList = ReadonlyMap<number, LastId>

/** The last sequence number of each server in each domain, as `gtid_binlog_state` has it. */
export type MariadbGtidState = ReadonlyMap<number, ReadonlyMap<number, bigint>>

const ID = /^(\d{1,10})-(\d{1,10})-(\d{1,20})$/

/** null: the text is not a position. A list with two GTIDs of one domain, which combines several servers, is not a position either. */
export function parseMariadbGtidList(text: string): MariadbGtidList | null {
  const list = new Map<number, LastId>()
  for (const id of text.split(',').map((each) => each.trim())) {
    if (id === '') continue
    const [, domain, server, sequence] = ID.exec(id) ?? []
    if (domain === undefined || list.has(Number(domain))) return null
    list.set(Number(domain), { server: Number(server), sequence: BigInt(sequence ?? '') })
  }
  return ordered(list)
}

/** Parses a list that can have several GTIDs of one domain, one for each server. */
export function parseMariadbGtidState(text: string): MariadbGtidState {
  const state = new Map<number, Map<number, bigint>>()
  for (const id of text.split(',')) {
    const [, domain, server, sequence] = ID.exec(id.trim()) ?? []
    if (domain === undefined || server === undefined || sequence === undefined) continue
    const servers = state.get(Number(domain)) ?? new Map<number, bigint>()
    state.set(Number(domain), servers.set(Number(server), BigInt(sequence)))
  }
  return state
}

/** The list without these domains. */
export function withoutDomains(list: MariadbGtidList, domains: readonly number[]): MariadbGtidList {
  return new Map([...list].filter(([domain]) => !domains.includes(domain)))
}

/** The domains of a position that the log (`written`) does not have any more (FLUSH BINARY LOGS DELETE_DOMAIN_ID). */
export function deletedDomains(list: MariadbGtidList, written: MariadbGtidList): readonly number[] {
  return [...list.keys()].filter((domain) => !written.has(domain))
}

/** Whether `list` has read each domain at least as far as `part`. */
export function reachesMariadbGtids(list: MariadbGtidList, part: MariadbGtidList): boolean {
  return [...part].every(([domain, { sequence }]) => (list.get(domain)?.sequence ?? 0n) >= sequence)
}

function ordered(list: MariadbGtidList): MariadbGtidList {
  return new Map([...list].sort(([a], [b]) => a - b))
}

export function mariadbGtidListText(list: MariadbGtidList): string {
  return [...list].map(([domain, { server, sequence }]) => `${domain}-${server}-${sequence}`).join(',')
}

const GROWTH: GrowthForm<number, LastId> = {
  separator: '-',
  follows: (last, number) => number > last,
  isNewest: (list, stream, number) => (list.get(Number.parseInt(stream, 10))?.sequence ?? -1n) < number,
  add(list, stream, _first, last) {
    const [domain, server] = stream.split('-').map(Number)
    return withLast(list, domain ?? 0, { server: server ?? 0, sequence: BigInt(last) })
  },
}

/** The list after the transaction with this GTID. null: it is not newer than the last one of its domain. */
export function withMariadbGtid(list: MariadbGtidList, gtid: string): MariadbGtidList | null {
  const next = GrowingGtids.with(list, gtid, GROWTH)
  if (next !== null) return next
  const [domain, last] = [...(parseMariadbGtidList(gtid) ?? [])][0] ?? []
  if (domain === undefined || last === undefined) throw new TypeError('not an id of MariaDB')
  if ((list.get(domain)?.sequence ?? -1n) >= last.sequence) return null
  return withLast(list, domain, last)
}

function withLast(list: MariadbGtidList, domain: number, last: LastId): MariadbGtidList {
  const grown = new Map(list).set(domain, last)
  return list.has(domain) ? grown : ordered(grown)
}

export function compareMariadbGtids(a: MariadbGtidList, b: MariadbGtidList): Order {
  const known = GrowingGtids.compare(a, b)
  if (known !== null) return known
  let isBefore = false
  let isAfter = false
  for (const domain of new Set([...a.keys(), ...b.keys()])) {
    const order = compareInDomain(a.get(domain), b.get(domain))
    if (order === 'unordered') return order
    if (order === 'before') isBefore = true
    if (order === 'after') isAfter = true
  }
  if (isBefore && isAfter) return 'unordered'
  if (isBefore) return 'before'
  return isAfter ? 'after' : 'same'
}

/** If two servers used the same sequence number, these are two transactions and the domain has two histories: the order is undefined. */
function compareInDomain(a: LastId | undefined, b: LastId | undefined): Order {
  if (a === undefined) return b === undefined ? 'same' : 'before'
  if (b === undefined) return 'after'
  if (a.sequence === b.sequence) return a.server === b.server ? 'same' : 'unordered'
  return a.sequence < b.sequence ? 'before' : 'after'
}
