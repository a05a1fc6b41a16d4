/**
 * A point in a source's change log, in the form that its source computes with: parsed once, then compared without text. Opaque: only the
 * source looks into it, and recognizes its own by their class. Two are never compared by `===`; the source's codec compares them.
 */
export interface Position {
  readonly __brand: 'Position'
}

/** How two positions stand to each other. GTID sets and Oracle's threads cannot always be compared. */
export type Order = 'before' | 'same' | 'after' | 'unordered'

/** What others can do with a source's positions. */
export interface PositionCodec {
  /**
   * 'total': of two positions one comes before the other, or they are the same. 'partial': two may be unordered (threads, domains), and the
   * commits of one stream may be, too. Then none of them may lie at or before any position that the stream has reached.
   */
  readonly order: 'total' | 'partial'
  /** From the stored text, or from what a person typed; throws POSITION_INVALID with what was expected. */
  parse(text: string): Position
  /** The canonical form, for storage and for scripts: two positions that are the same have one text, and parsing it gives the position. */
  text(position: Position): string
  /** One line for people: the text, or where that is long (a GTID set), a short form of it, which need not be parsed. */
  short(position: Position): string
  /** How `a` stands to `b`: 'before' means that `a` comes first in the log. On the hot path: once a transaction. */
  compare(a: Position, b: Position): Order
}
