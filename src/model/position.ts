/**
 * A point in a source's change log, in the form that the source computes with: parsed once, then compared without text. It is opaque: only
 * the source reads it, and recognizes its own positions by their class. Never compare two with `===`; use the source's codec.
 */
export interface Position {
  readonly __brand: 'Position'
}

/** The order of two positions. GTID sets and Oracle's threads cannot always be compared. */
export type Order = 'before' | 'same' | 'after' | 'unordered'

/** Operations on a source's positions for the rest of the code. */
export interface PositionCodec {
  /**
   * 'total': any two positions are ordered or the same. 'partial': two can be unordered (threads, domains), and so can the commits of one
   * stream. Then no commit may be before or at a position that the stream has already reached.
   */
  readonly order: 'total' | 'partial'
  /** Parses the stored text, or what a person typed. Throws POSITION_INVALID with what was expected. */
  parse(text: string): Position
  /** The canonical text, for storage and scripts. Equal positions have the same text, and parsing it returns the position. */
  text(position: Position): string
  /** One line for people: the text, or a short form where the text is long (a GTID set). It need not be parseable. */
  short(position: Position): string
  /**
   * The order of `a` relative to `b`: 'before' means that `a` comes first in the log. On the hot path: called once for each transaction.
   */
  compare(a: Position, b: Position): Order
}

/** A stored position as people read it; as it is stored, if this version cannot parse it. */
export function shortPosition(stored: string, positions: Pick<PositionCodec, 'parse' | 'short'>): string {
  try {
    return positions.short(positions.parse(stored))
  } catch {
    return stored
  }
}
