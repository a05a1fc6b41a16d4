import type { ChangeEvent, Op } from '../../../model/log-event.ts'
import { type Row, SPAN_NULL, type TableVersion } from '../../../model/table.ts'
import { BSON_TYPE } from '../values/bson-type.ts'
import { nameEnd, valueEnd } from '../values/bson-walk.ts'
import type { EventFields } from './event-fields.ts'
import type { ChangeName } from './operation.ts'

type Position = ChangeEvent['position']

/**
 * Makes a change out of an event. The key is the element `_id` of the document's key. A document that the event does not have is null: a
 * deleted one without its pre-image, and the new one of an update whose event has only what changed, or that was deleted since.
 */
export function changeOf(name: ChangeName, fields: EventFields, table: TableVersion, position: Position): ChangeEvent {
  const { bytes, idAt } = fields
  const idEnd = elementEnd(bytes, idAt, fields.end('key'))
  const row = (field: 'document' | 'before', updateAt: number): Row => {
    const at = fields.document(field)
    const span = at < 0 ? [SPAN_NULL, SPAN_NULL] : [at, fields.end(field)]
    const update = updateAt < 0 ? [SPAN_NULL, SPAN_NULL] : [updateAt, fields.end('update')]
    return { bytes, spans: [idAt, idEnd, ...span, ...update] }
  }
  const before = fields.document('before') >= 0 ? row('before', SPAN_NULL) : null
  switch (name) {
    case 'insert':
      return change('c', null, row('document', SPAN_NULL), table, position)
    case 'update':
      return change('u', before, row('document', fields.document('update')), table, position)
    case 'replace':
      return change('u', before, row('document', SPAN_NULL), table, position)
    case 'delete':
      return change('d', before ?? row('before', SPAN_NULL), null, table, position)
    default:
      return name satisfies never
  }
}

function change(op: Op, before: Row | null, after: Row | null, table: TableVersion, position: Position): ChangeEvent {
  return { type: 'change', table, op, before, after, position }
}

function elementEnd(bytes: Buffer, at: number, limit: number): number {
  return valueEnd(bytes[at] ?? BSON_TYPE.NULL, bytes, nameEnd(bytes, at + 1, limit) + 1, limit)
}
