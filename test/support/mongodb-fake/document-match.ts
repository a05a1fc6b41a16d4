import { isDeepStrictEqual } from 'node:util'
import type { BsonDocument } from './wire-message.ts'

/** Whether a document fits a query of the few operators that our streams and beats use. Others are an error, not a wrong answer. */
export function matches(document: BsonDocument, query: BsonDocument): boolean {
  return Object.entries(query).every(([name, wanted]) => {
    if (name === '$and') return listOf(wanted).every((one) => matches(document, one))
    if (name === '$or') return listOf(wanted).some((one) => matches(document, one))
    if (name === '$nor') return !listOf(wanted).some((one) => matches(document, one))
    if (name.startsWith('$')) throw new Error(`the fake does not know the query operator ${name}`)
    return fits(valueAt(document, name), wanted)
  })
}

function fits(value: unknown, wanted: unknown): boolean {
  if (wanted instanceof RegExp) return typeof value === 'string' && wanted.test(value)
  if (!isOperators(wanted)) return equal(value, wanted)
  return Object.entries(wanted).every(([operator, operand]) => fitsOperator(value, operator, operand))
}

function fitsOperator(value: unknown, operator: string, operand: unknown): boolean {
  switch (operator) {
    case '$eq':
      return equal(value, operand)
    case '$ne':
      return !equal(value, operand)
    case '$in':
      return Array.isArray(operand) && operand.some((one) => fits(value, one))
    case '$nin':
      return !(Array.isArray(operand) && operand.some((one) => fits(value, one)))
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return typeof value === 'string' && typeof operand === 'string' && isOrdered(value, operator, operand)
    case '$exists':
      return (value !== undefined) === Boolean(operand)
    case '$regex':
      return typeof value === 'string' && new RegExp(String(operand)).test(value)
    default:
      throw new Error(`the fake does not know the query operator ${operator}`)
  }
}

function isOrdered(value: string, operator: string, operand: string): boolean {
  if (value === operand) return operator.endsWith('e')
  return operator.startsWith('$g') ? value > operand : value < operand
}

/** null also fits a field that is absent. */
function equal(value: unknown, wanted: unknown): boolean {
  return wanted === null ? value === null || value === undefined : isDeepStrictEqual(value, wanted)
}

function isOperators(wanted: unknown): wanted is BsonDocument {
  return isDocument(wanted) && Object.keys(wanted).some((name) => name.startsWith('$'))
}

export function isDocument(value: unknown): value is BsonDocument {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

export function listOf(value: unknown): readonly BsonDocument[] {
  return Array.isArray(value) ? value.filter(isDocument) : []
}

/** The value at a dotted path. */
function valueAt(document: BsonDocument, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (isDocument(at) ? at[name] : undefined), document)
}
