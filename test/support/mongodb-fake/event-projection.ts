import { isDocument } from './document-match.ts'
import type { BsonDocument } from './wire-message.ts'

/** An event behind a `$project`. Fields that are named, constants, and values at a path (`'$ns.db'`); other expressions are an error. */
export function project(event: BsonDocument, stage: BsonDocument): BsonDocument {
  const named = Object.entries(stage)
  const others = named.filter(([name]) => name !== '_id')
  const isExclusion = others.length === 0 ? isOff(stage['_id']) : others.every(([, value]) => isOff(value))
  if (isExclusion) return without(event, named)
  const included = isOff(stage['_id']) ? others : Object.entries({ _id: 1, ...stage })
  return included.reduce<BsonDocument>((into, [name, value]) => {
    const found = isOn(value) ? valueAt(event, name) : evaluated(event, value)
    return found === undefined ? into : placed(into, name.split('.'), found)
  }, {})
}

function without(event: BsonDocument, named: readonly (readonly [string, unknown])[]): BsonDocument {
  const removed = new Set(named.map(([name]) => name))
  if ([...removed].some((name) => name.includes('.'))) throw new Error('the fake does not exclude fields of documents')
  return Object.fromEntries(Object.entries(event).filter(([name]) => !removed.has(name)))
}

function evaluated(event: BsonDocument, value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('$') ? valueAt(event, value.slice(1)) : value
  if (!isDocument(value)) throw new Error('the fake does not know this expression of a projection')
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, evaluated(event, part)]))
}

function placed(into: BsonDocument, [name = '', ...rest]: readonly string[], value: unknown): BsonDocument {
  const inner = into[name]
  return { ...into, [name]: rest.length === 0 ? value : placed(isDocument(inner) ? inner : {}, rest, value) }
}

function valueAt(event: BsonDocument, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (isDocument(at) ? at[name] : undefined), event)
}

function isOn(value: unknown): boolean {
  return value === 1 || value === true
}

function isOff(value: unknown): boolean {
  return value === 0 || value === false
}
