import type { Order } from '../../../model/position.ts'

/*
 * How far MariaDB's log has come, the last id of each domain, as the server prints it:
 *
 *   list   id (',' id)*          '' is the empty list
 *   id     domain '-' server '-' sequence
 */

interface LastId {
  readonly server: number
  readonly sequence: bigint
}

/** By domain, in order. Within a domain ids are in the order of their sequence, whatever their server. */
export type MariadbGtidList = ReadonlyMap<number, LastId>

const ID = /^(\d{1,10})-(\d{1,10})-(\d{1,20})$/

/** null: it is none. Two ids of one domain are none either: a list of several servers is not a position. */
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

function ordered(list: MariadbGtidList): MariadbGtidList {
  return new Map([...list].sort(([a], [b]) => a - b))
}

export function mariadbGtidListText(list: MariadbGtidList): string {
  return [...list].map(([domain, { server, sequence }]) => `${domain}-${server}-${sequence}`).join(',')
}

/** The list after the transaction with this id, the newest of its domain. */
export function withMariadbGtid(list: MariadbGtidList, gtid: string): MariadbGtidList {
  const [domain, last] = [...(parseMariadbGtidList(gtid) ?? [])][0] ?? []
  if (domain === undefined || last === undefined) throw new TypeError('not an id of MariaDB')
  const grown = new Map(list).set(domain, last)
  return list.has(domain) ? grown : ordered(grown)
}

export function compareMariadbGtids(a: MariadbGtidList, b: MariadbGtidList): Order {
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

/** One sequence number of two servers is that of two transactions: the domain has two histories. */
function compareInDomain(a: LastId | undefined, b: LastId | undefined): Order {
  if (a === undefined) return b === undefined ? 'same' : 'before'
  if (b === undefined) return 'after'
  if (a.sequence === b.sequence) return a.server === b.server ? 'same' : 'unordered'
  return a.sequence < b.sequence ? 'before' : 'after'
}
