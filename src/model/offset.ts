import type { JsonObject } from './json.ts'
import type { Position, PositionCodec } from './position.ts'

/**
 * What distinguishes one server (and one of its timelines) from another. The fields are the source's own, e.g. `systemIdentifier`,
 * `timeline`.
 */
export type ServerIdentity = { readonly [field: string]: string }

export type MovedBy = 'commit' | 'progress' | 'pulse' | 'snapshot' | 'operator'

export interface Movement {
  readonly by: MovedBy
  /** Why the move was safe, as text for the ledger. */
  readonly why: string
  readonly atMs: number
}

interface PositionFacts {
  /** null: imported from another tool's connector. */
  readonly server: ServerIdentity | null
  /** The source's own state (columns, instances, ids at the edge), opaque to others. */
  readonly memory: JsonObject
  readonly moved: Movement
}

/** A position that can be stored: everything before it has been delivered. */
export interface Offset extends PositionFacts {
  readonly position: Position
}

/** An offset as it is stored and shown, with the position as the source's canonical text. */
export interface StoredOffset extends PositionFacts {
  readonly position: string
}

export function storedOffset({ position, ...facts }: Offset, positions: PositionCodec): StoredOffset {
  return { position: positions.text(position), ...facts }
}

/** Throws POSITION_INVALID. */
export function parsedOffset({ position, ...facts }: StoredOffset, positions: PositionCodec): Offset {
  return { position: positions.parse(position), ...facts }
}
