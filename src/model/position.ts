/** A place in a source's change log as canonical text. Opaque outside the source that made it. */
export type Position = string & { readonly __brand: 'Position' }

/** How two positions stand to each other. GTID sets and Oracle's threads cannot always be compared. */
export type Order = 'before' | 'same' | 'after' | 'unordered'

export interface PositionCodec {
  /** The canonical form of `text`; throws POSITION_INVALID with what was expected. */
  parse(text: string): Position
  /** How `a` stands to `b`: 'before' means that `a` comes first in the log. */
  compare(a: Position, b: Position): Order
}
