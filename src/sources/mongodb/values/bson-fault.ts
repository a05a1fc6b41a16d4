/**
 * Thrown by the readers of BSON, which know only the offset within the bytes. What calls them turns it into an OffbeatError with the path
 * of the field.
 */
export class BsonFault extends Error {
  override readonly name = 'BsonFault'
  readonly at: number
  /** What was found. No value. */
  readonly found: string
  /** A text that is not UTF-8. */
  readonly isText: boolean

  constructor(at: number, found: string, isText = false) {
    super(found)
    this.at = at
    this.found = found
    this.isText = isText
  }
}

export function cutShort(at: number): BsonFault {
  return new BsonFault(at, 'a value that ends after its document')
}
