import { BsonFault } from '../values/bson-fault.ts'
import { documentEnd, nameEnd, valueEnd } from '../values/bson-walk.ts'
import { fieldName, isNamed } from '../values/field-name.ts'
import type { EventFields } from './event-fields.ts'

/*
 * An event that is larger than 16 MB is sent in fragments ($changeStreamSplitLargeEvent), one after the other. Each has some of the event's
 * fields, a token of its own, and its number. Resuming after a fragment's token sends the next fragments only, so an offset must never rest
 * there.
 */

const TOKEN = fieldName('_id')
const SPLIT = fieldName('splitEvent')

/** Puts the fragments of an event together. */
export class SplitEvent {
  readonly #parts: Buffer[] = []
  #of = 0

  get isOpen(): boolean {
    return this.#parts.length > 0
  }

  /** Returns the whole event once its last fragment is added: all fields of all fragments, with the last one's token. */
  add(fields: EventFields, number: number, of: number): Buffer | null {
    const { bytes, start } = fields
    const isNext = number === this.#parts.length + 1 && (number === 1 || of === this.#of) && number <= of
    if (!isNext) throw new BsonFault(start, `fragment ${number} of ${of} after fragment ${this.#parts.length}`)
    this.#of = of
    this.#parts.push(elementsOf(bytes, start, number === of))
    return number === of ? this.#merged() : null
  }

  #merged(): Buffer {
    const elements = this.#parts.splice(0)
    const size = Buffer.alloc(4)
    size.writeInt32LE(elements.reduce((sum, part) => sum + part.length, 5))
    return Buffer.concat([size, ...elements, Buffer.alloc(1)])
  }
}

/** A copy of the elements without the fragment's number, and without the token unless it is wanted. */
function elementsOf(bytes: Buffer, start: number, withToken: boolean): Buffer {
  const limit = documentEnd(bytes, start, bytes.length)
  const kept: Buffer[] = []
  for (let at = start + 4; at < limit; ) {
    const named = nameEnd(bytes, at + 1, limit)
    const end = valueEnd(bytes[at] as number, bytes, named + 1, limit)
    const isLeftOut = isNamed(bytes, at + 1, named, SPLIT) || (!withToken && isNamed(bytes, at + 1, named, TOKEN))
    if (!isLeftOut) kept.push(bytes.subarray(at, end))
    at = end
  }
  return Buffer.concat(kept)
}
