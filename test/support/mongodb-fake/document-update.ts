import { isDeepStrictEqual } from 'node:util'
import { isDocument, listOf } from './document-match.ts'
import type { BsonDocument } from './wire-message.ts'

/** Operators, a replacement, or the stages of a pipeline. */
export type UpdateGiven = BsonDocument | readonly BsonDocument[]

interface Updated {
  readonly document: BsonDocument
  /** As in the event of an update, with the steps of the paths that a reader could take for others. */
  readonly description: BsonDocument
  readonly disambiguatedPaths: BsonDocument
}

export function isOperatorUpdate(update: UpdateGiven): boolean {
  return Array.isArray(update) || Object.keys(update).some((name) => name.startsWith('$'))
}

/** The operators and stages that beats and tests use, with constants. */
export function applyUpdate(before: BsonDocument, update: UpdateGiven): Updated {
  if (isStages(update)) return applyStages(before, update)
  if (!isOperatorUpdate(update))
    return { document: { _id: before['_id'], ...update }, description: {}, disambiguatedPaths: {} }
  const updatedFields: Record<string, unknown> = {}
  const removedFields: string[] = []
  for (const [operator, fields] of Object.entries(update)) {
    for (const [name, value] of Object.entries(isDocument(fields) ? fields : {})) {
      if (operator === '$unset') removedFields.push(name)
      else updatedFields[name] = newValue(operator, before[name], value)
    }
  }
  const kept = Object.fromEntries(Object.entries(before).filter(([name]) => !removedFields.includes(name)))
  const document = Object.entries(updatedFields).reduce<unknown>(
    (into, [path, value]) => placed(into, path.split('.'), value),
    kept,
  )
  return {
    document: isDocument(document) ? document : kept,
    description: { updatedFields, removedFields, truncatedArrays: [] },
    disambiguatedPaths: ambiguous(before, [...Object.keys(updatedFields), ...removedFields]),
  }
}

function isStages(update: UpdateGiven): update is readonly BsonDocument[] {
  return Array.isArray(update)
}

/** What a pipeline changes is found by comparison, so that an array that only became shorter is described as such. */
function applyStages(before: BsonDocument, stages: readonly BsonDocument[]): Updated {
  const document = Object.assign({}, before, ...listOf(stages).map(fieldsOf))
  const changed = Object.entries(document).filter(([name, value]) => !isDeepStrictEqual(value, before[name]))
  const truncated = changed.filter(([name, value]) => isShortened(before[name], value))
  return {
    document,
    description: {
      updatedFields: Object.fromEntries(changed.filter((entry) => !truncated.includes(entry))),
      removedFields: [],
      truncatedArrays: truncated.map(([field, value]) => ({ field, newSize: Array.isArray(value) ? value.length : 0 })),
    },
    disambiguatedPaths: {},
  }
}

function fieldsOf(stage: BsonDocument): BsonDocument {
  if (!isDocument(stage['$set'])) throw new Error('the fake does not know this stage of an update')
  return stage['$set']
}

function isShortened(before: unknown, after: unknown): boolean {
  if (!Array.isArray(before) || !Array.isArray(after) || after.length >= before.length) return false
  return isDeepStrictEqual(before.slice(0, after.length), after)
}

function placed(into: unknown, [name = '', ...rest]: readonly string[], value: unknown): unknown {
  const inner = isDocument(into) || Array.isArray(into) ? Object(into)[name] : undefined
  const next = rest.length === 0 ? value : placed(inner, rest, value)
  if (!Array.isArray(into)) return { ...(isDocument(into) ? into : {}), [name]: next }
  return Object.assign([...into], { [Number(name)]: next })
}

/** Of the paths with a number that is the name of a field: their steps, those into an array as numbers. */
function ambiguous(document: BsonDocument, paths: readonly string[]): BsonDocument {
  const found = paths.flatMap((path) => {
    const steps: (string | number)[] = []
    let at: unknown = document
    for (const name of path.split('.')) {
      steps.push(Array.isArray(at) ? Number(name) : name)
      at = Object(at)[name]
    }
    return steps.some((step) => typeof step === 'string' && /^\d+$/.test(step)) ? [[path, steps]] : []
  })
  return Object.fromEntries(found)
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
