import type { Op } from '../../../model/log-event.ts'
import type { RawChange } from '../../raw-log.ts'
import { BsonFault } from '../values/bson-fault.ts'
import { BSON_TYPE } from '../values/bson-type.ts'
import { EventFields, FIELD } from './event-fields.ts'
import { namesAt } from './namespace-book.ts'
import { type ChangeName, operationAt } from './operation.ts'

const OPS: Readonly<Record<ChangeName, Op>> = { insert: 'c', update: 'u', replace: 'u', delete: 'd' }

/** The collection and the operation of an event that need not be decodable. null: it is no change, or they cannot be read. */
export function rawChange(event: Buffer): RawChange | null {
  const fields = new EventFields()
  try {
    fields.read(event, 0, event.length)
    const [type, namespace] = [fields.typed(FIELD.OPERATION, BSON_TYPE.STRING), fields.document(FIELD.NAMESPACE)]
    if (type < 0 || namespace < 0) return null
    const operation = operationAt(event, type + 4, fields.end(FIELD.OPERATION) - 1)
    if (operation.is !== 'change') return null
    const { database, name } = namesAt(event, namespace, fields.end(FIELD.NAMESPACE))
    return { table: `${database}.${name ?? ''}`, op: OPS[operation.name] }
  } catch (thrown) {
    if (thrown instanceof BsonFault) return null
    throw thrown
  }
}
