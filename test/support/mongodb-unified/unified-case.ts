import type { Document } from 'mongodb'

/*
 * Cases of the published specifications for drivers, written as data: what a client does, what a server must then have received, and what the
 * client must get. They name no server, so the fake, SecantusDB and a mongod run the same ones. `db0` and `db1` stand for two new databases,
 * of which `db0.coll0` exists.
 */

export type Topology = 'replicaSet' | 'mongos' | 'standalone'
/** Such as [4, 4]. */
export type Release = readonly [number, number]

/** A command of another client than the one that watches. `in`: 'db0', 'db1' or 'admin'. */
export interface Step {
  readonly in: string
  readonly run: Document
}

export interface FailPoint {
  readonly configureFailPoint: 'failCommand' | 'failGetMoreAfterCursorCheckout'
  readonly times: number
  readonly data: Document
}

export interface Requirement {
  /** The first release that has what the case is about. */
  readonly since: Release
  /** The last one that is as the case says. */
  readonly until?: Release
  /** Absent: those with change streams. */
  readonly on?: readonly Topology[]
  /** Why SecantusDB cannot do the case. Absent: it can. */
  readonly notSecantusdb?: string
}

/** Whether servers of this kind and release are to be as the case says. */
export function isAbout(
  { since, until, on = ['replicaSet', 'mongos'] }: Requirement,
  { release, topology }: { readonly release: Release; readonly topology: Topology },
): boolean {
  return on.includes(topology) && !isBefore(release, since) && (until === undefined || !isBefore(until, release))
}

function isBefore([major, minor]: Release, [otherMajor, otherMinor]: Release): boolean {
  return major === otherMajor ? minor < otherMinor : major < otherMajor
}

export interface StreamCase extends Requirement {
  readonly name: string
  /** Before the stream is opened. */
  readonly before?: readonly Step[]
  readonly failPoint?: FailPoint
  /** Absent: the collection `db0.coll0`. */
  readonly watch?: 'database' | 'cluster'
  readonly pipeline?: readonly Document[]
  readonly options?: Document
  readonly steps?: readonly Step[]
  /** What the stream must have, event after event. Events may have more fields, documents in them not. */
  readonly gets?: readonly Document[]
  /** Instead of an event: the error with which it ends, at its opening or later. */
  readonly fails?: Failure
  /** The first commands that the server must have received from the stream, likewise. */
  readonly sends?: readonly Document[]
}

export interface Failure {
  /** Absent: any code of the server. */
  readonly code?: number
  readonly label?: string
  readonly withoutLabel?: string
}

function command(ns: string, run: (collection: string) => Document): Step {
  const dot = ns.indexOf('.')
  return { in: ns.slice(0, dot), run: run(ns.slice(dot + 1)) }
}

export function insert(document: Document, ns = 'db0.coll0'): Step {
  return command(ns, (coll) => ({ insert: coll, documents: [document] }))
}

/** With operators, a replacement, or the stages of a pipeline. */
export function update(q: Document, u: Document | readonly Document[]): Step {
  return command('db0.coll0', (coll) => ({ update: coll, updates: [{ q, u }] }))
}

export function remove(q: Document): Step {
  return command('db0.coll0', (coll) => ({ delete: coll, deletes: [{ q, limit: 1 }] }))
}

export function create(ns: string, options: Document = {}): Step {
  return command(ns, (coll) => ({ create: coll, ...options }))
}

export function drop(ns: string): Step {
  return command(ns, (coll) => ({ drop: coll }))
}

export function createIndex(key: Document, name: string): Step {
  return command('db0.coll0', (coll) => ({ createIndexes: coll, indexes: [{ key, name }] }))
}

export function dropIndex(name: string): Step {
  return command('db0.coll0', (coll) => ({ dropIndexes: coll, index: name }))
}

export function modify(options: Document): Step {
  return command('db0.coll0', (coll) => ({ collMod: coll, ...options }))
}

export function rename(from: string, to: string, options: Document = {}): Step {
  return { in: 'admin', run: { renameCollection: from, to, ...options } }
}
