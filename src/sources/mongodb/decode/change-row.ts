import type { ChangeEvent, Op } from '../../../model/log-event.ts'
import { type Row, SPAN_NULL, type TableVersion } from '../../../model/table.ts'
import { BSON_TYPE } from '../values/bson-type.ts'
import { nameEnd, valueEnd } from '../values/bson-walk.ts'
import { type EventFields, FIELD, type Field } from './event-fields.ts'
import type { ChangeName } from './operation.ts'

type Position = ChangeEvent['position']

/**
 * Makes a change out of an event. The key is the element `_id` of the document's key. A document that the event does not have is null: a
 * deleted one without its pre-image, and the new one of an update whose event has only what changed, or that was deleted since.
 */
export function changeOf(name: ChangeName, fields: EventFields, table: TableVersion, position: Position): ChangeEvent {
  const { idAt } = fields
  const idEnd = elementEnd(fields.bytes, idAt, fields.end(FIELD.KEY))
  const before = fields.document(FIELD.BEFORE) < 0 ? null : rowOf(fields, idAt, idEnd, FIELD.BEFORE, SPAN_NULL)
  switch (name) {
    case 'insert':
      return change('c', null, rowOf(fields, idAt, idEnd, FIELD.DOCUMENT, SPAN_NULL), table, position)
    case 'update': {
      const after = rowOf(fields, idAt, idEnd, FIELD.DOCUMENT, fields.document(FIELD.UPDATE))
      return change('u', before, after, table, position)
    }
    case 'replace':
      return change('u', before, rowOf(fields, idAt, idEnd, FIELD.DOCUMENT, SPAN_NULL), table, position)
    case 'delete':
      return change('d', before ?? rowOf(fields, idAt, idEnd, FIELD.BEFORE, SPAN_NULL), null, table, position)
    default:
      return name satisfies never
  }
}

/** `updateAt`: where the update description starts; SPAN_NULL: the row has none. */
function rowOf(fields: EventFields, idAt: number, idEnd: number, document: Field, updateAt: number): Row {
  const at = fields.document(document)
  const end = at < 0 ? SPAN_NULL : fields.end(document)
  const updateEnd = updateAt < 0 ? SPAN_NULL : fields.end(FIELD.UPDATE)
  return { bytes: fields.bytes, spans: [idAt, idEnd, at < 0 ? SPAN_NULL : at, end, updateAt, updateEnd] }
}

function change(op: Op, before: Row | null, after: Row | null, table: TableVersion, position: Position): ChangeEvent {
  return { type: 'change', table, op, before, after, position }
}

function elementEnd(bytes: Buffer, at: number, limit: number): number {
  return valueEnd(bytes[at] ?? BSON_TYPE.NULL, bytes, nameEnd(bytes, at + 1, limit) + 1, limit)
}
