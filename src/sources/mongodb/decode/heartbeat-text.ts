import { BSON_TYPE } from '../values/bson-type.ts'
import { stringEnd } from '../values/bson-walk.ts'
import { fieldName } from '../values/field-name.ts'
import { type EventFields, elementAt, FIELD } from './event-fields.ts'
import type { ChangeName } from './operation.ts'

const TEXT = fieldName('text')
const UPDATED_FIELDS = fieldName('updatedFields')

/**
 * The text that a change of the heartbeat document wrote; '' if it wrote none. For an update it is only in what changed: the document itself
 * may be newer, or keep the text of an earlier beat.
 */
export function heartbeatText(name: ChangeName, fields: EventFields): string {
  const { bytes } = fields
  if (name !== 'update') return textIn(bytes, fields.document(FIELD.DOCUMENT), fields.end(FIELD.DOCUMENT))
  const update = fields.document(FIELD.UPDATE)
  const at = update < 0 ? -1 : elementAt(bytes, update, fields.end(FIELD.UPDATE), UPDATED_FIELDS)
  if (at < 0 || bytes[at] !== BSON_TYPE.DOCUMENT) return ''
  return textIn(bytes, at + UPDATED_FIELDS.length + 2, fields.end(FIELD.UPDATE))
}

function textIn(bytes: Buffer, start: number, end: number): string {
  const at = start < 0 ? -1 : elementAt(bytes, start, end, TEXT)
  if (at < 0 || bytes[at] !== BSON_TYPE.STRING) return ''
  const value = at + TEXT.length + 2
  return bytes.toString('utf8', value + 4, stringEnd(bytes, value, end))
}
