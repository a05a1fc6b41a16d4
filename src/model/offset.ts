import type { JsonObject } from './json.ts'
import type { Position } from './position.ts'

/** What tells one server (and one timeline of it) from another; the fields are the source's own, e.g. `systemIdentifier`, `timeline`. */
export type ServerIdentity = { readonly [field: string]: string }

export type MovedBy = 'commit' | 'progress' | 'pulse' | 'snapshot' | 'operator'

export interface Movement {
  readonly by: MovedBy
  /** Why the move was safe, in words, for the ledger. */
  readonly why: string
  readonly atMs: number
}

/** A position made durable: everything before it has been delivered. */
export interface Offset {
  readonly position: Position
  /** null: read from another's connector. */
  readonly server: ServerIdentity | null
  /** The source's own (columns, instances, ids at the edge); opaque to others. */
  readonly memory: JsonObject
  readonly moved: Movement
}
