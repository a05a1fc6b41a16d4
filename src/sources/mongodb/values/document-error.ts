import { OffbeatError } from '../../../model/error.ts'
import { printable } from '../../../model/printable.ts'
import { BsonFault } from './bson-fault.ts'
import { BSON_TYPE } from './bson-type.ts'
import { nameEnd, valueEnd } from './bson-walk.ts'

/** A longer path is cut in the middle. */
const LONGEST_PATH = 200

/** Turns a fault within a document or an element into an error that names the field. Anything else that was thrown is returned. */
export function documentError(
  thrown: unknown,
  from: Uint8Array,
  start: number,
  end: number,
  of: 'document' | 'element',
): unknown {
  if (!(thrown instanceof BsonFault)) return thrown
  const path = pathAt(thrown.at, from, start, end, of)
  const where = path === '' ? 'a document' : `the field ${shortened(printable(path))} of a document`
  const size = `${end - start} bytes in all`
  if (thrown.isText) {
    return new OffbeatError('TEXT_NOT_UTF8', {
      message: `${where} has a text or a name that is not UTF-8`,
      found: `${thrown.found}, in ${size}`,
      expected: 'text in UTF-8',
    })
  }
  return new OffbeatError('MONGODB_DOCUMENT_INVALID', {
    message: `${where} is not valid BSON`,
    found: `${thrown.found}, at byte ${thrown.at - start}, in ${size}`,
    expected: 'BSON as its specification has it',
  })
}

function shortened(path: string): string {
  if (path.length <= LONGEST_PATH) return path
  return `${path.slice(0, LONGEST_PATH / 2)}...${path.slice(-LONGEST_PATH / 2)}`
}

/** The names that lead to the innermost field around this offset, joined by dots. */
function pathAt(at: number, from: Uint8Array, start: number, end: number, of: 'document' | 'element'): string {
  const names: string[] = []
  let [next, limit] = of === 'document' ? [start + 4, end] : [start, end]
  while (next < at && next < limit) {
    try {
      const named = nameEnd(from, next + 1, limit)
      const type = from[next] ?? 0
      const value = named + 1
      const after = endOf(type, from, value, limit)
      if (after !== null && after <= at) {
        next = after
        continue
      }
      names.push(Buffer.from(from.subarray(next + 1, named)).toString('utf8'))
      const isNested = type === BSON_TYPE.DOCUMENT || type === BSON_TYPE.ARRAY
      if (after === null || !isNested || at <= value) break
      limit = after - 1
      next = value + 4
    } catch (thrown) {
      if (!(thrown instanceof BsonFault)) throw thrown
      break
    }
  }
  return names.join('.')
}

/** null: its size is wrong, or its type is unknown. */
function endOf(type: number, from: Uint8Array, value: number, limit: number): number | null {
  try {
    return valueEnd(type, from, value, limit)
  } catch (thrown) {
    if (!(thrown instanceof BsonFault)) throw thrown
    return null
  }
}
