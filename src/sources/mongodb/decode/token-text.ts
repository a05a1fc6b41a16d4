import { ByteWriter } from '../../../model/byte-writer.ts'
import { KeyStringToken } from '../position/key-string-token.ts'
import type { ResumeToken } from '../position/resume-token.ts'
import { BSON_TYPE } from '../values/bson-type.ts'
import { documentEnd, nameEnd, stringEnd } from '../values/bson-walk.ts'
import { documentWriters } from '../values/document-form.ts'
import { fieldName, isNamed } from '../values/field-name.ts'

const DATA = fieldName('_data')
const CANONICAL = documentWriters('canonical')
const HEX = /^[0-9A-Fa-f]+$/

/** The resume token in the document from `start` to `end`. */
export function tokenAt(bytes: Buffer, start: number, end: number): ResumeToken {
  const limit = documentEnd(bytes, start, end)
  const at = start + 4
  if (at < limit && bytes[at] === BSON_TYPE.STRING) {
    const named = nameEnd(bytes, at + 1, limit)
    const text = stringEnd(bytes, named + 1, limit)
    if (text + 1 === limit && isNamed(bytes, at + 1, named, DATA)) {
      const key = KeyStringToken.at(bytes, named + 5, text)
      if (key !== null) return key
      const data = bytes.toString('latin1', named + 5, text)
      if (HEX.test(data)) return { form: 'data', text: data }
    }
  }
  const to = new ByteWriter(256)
  CANONICAL.document(bytes, start, limit + 1, to)
  return { form: 'document', text: String(JSON.parse(to.bytes.toString('utf8', 0, to.length))) }
}
