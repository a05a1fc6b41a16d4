import { isDocument } from './document-match.ts'
import type { BsonDocument } from './wire-message.ts'

interface Updated {
  readonly document: BsonDocument
  /** As in the event of an update. */
  readonly description: BsonDocument
}

export function isOperatorUpdate(update: BsonDocument): boolean {
  return Object.keys(update).some((name) => name.startsWith('$'))
}

/** Fields at the top of the document only, and the operators that beats and tests use. */
export function applyUpdate(before: BsonDocument, update: BsonDocument): Updated {
  if (!isOperatorUpdate(update)) return { document: { _id: before['_id'], ...update }, description: {} }
  const updatedFields: Record<string, unknown> = {}
  const removedFields: string[] = []
  for (const [operator, fields] of Object.entries(update)) {
    for (const [name, value] of Object.entries(isDocument(fields) ? fields : {})) {
      if (operator === '$unset') removedFields.push(name)
      else updatedFields[name] = newValue(operator, before[name], value)
    }
  }
  const kept = Object.entries(before).filter(([name]) => !removedFields.includes(name))
  return {
    document: { ...Object.fromEntries(kept), ...updatedFields },
    description: { updatedFields, removedFields, truncatedArrays: [] },
  }
}

function newValue(operator: string, before: unknown, value: unknown): unknown {
  switch (operator) {
    case '$set':
      return value
    case '$inc':
      return Number(before ?? 0) + Number(value)
    case '$currentDate':
      return new Date()
    default:
      throw new Error(`the fake does not know the update operator ${operator}`)
  }
}
