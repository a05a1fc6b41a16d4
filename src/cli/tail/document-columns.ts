import { type ExactJson, type ExactObject, exactText, isExactObject, parseExactJson } from './exact-json.ts'

/** A field of a document, and what is known of its old value. */
export interface FieldChange {
  readonly name: string
  /** undefined: not known, or the field is new. */
  readonly old: ExactJson | undefined
  /** A value, or in parentheses what happened to the field. */
  readonly now: { readonly value: ExactJson } | { readonly words: string }
}

/**
 * What the short line of a change shows of a source whose rows are documents: `before` and `after` are there JSON texts, and an update has
 * `updateDescription`. The `_id` is left out, since the key has it. null: the value has no documents.
 */
export function documentColumns(value: ExactObject): readonly FieldChange[] | null {
  const before = documentIn(value['before'])
  const after = documentIn(value['after'])
  const described = value['updateDescription']
  if (before === null && after === null && !isExactObject(described)) return null
  if (before !== null && after !== null) return differences(before, after)
  if (isExactObject(described)) return describedFields(described)
  return fieldsOf(after ?? before ?? {})
}

/** A column of PostgreSQL's or MySQL's row is never the row itself, so a row that is a text is a document. */
function documentIn(row: ExactJson | undefined): ExactObject | null {
  const parsed = typeof row === 'string' ? parseExactJson(row) : undefined
  return isExactObject(parsed) ? parsed : null
}

function fieldsOf(document: ExactObject): readonly FieldChange[] {
  return Object.entries(document)
    .filter(([name]) => name !== '_id')
    .map(([name, value]) => ({ name, old: undefined, now: { value } }))
}

function differences(before: ExactObject, after: ExactObject): readonly FieldChange[] {
  const kept = fieldsOf(after).map((field) => ({ ...field, old: valueIn(before, field.name) }))
  const removed = fieldsOf(before).filter(({ name }) => !Object.hasOwn(after, name))
  return [...kept, ...removed.map(({ name }) => ({ name, old: valueIn(before, name), now: REMOVED }))]
}

function valueIn(document: ExactObject, name: string): ExactJson | undefined {
  return Object.hasOwn(document, name) ? document[name] : undefined
}

const REMOVED = { words: 'removed' }

/** The names are paths: `address.city`, `lines.0`. */
function describedFields({ updatedFields, removedFields, truncatedArrays }: ExactObject): readonly FieldChange[] {
  const removed = listed(removedFields).flatMap((name) => (typeof name === 'string' ? [{ name, now: REMOVED }] : []))
  const cut = listed(truncatedArrays).flatMap((array) => {
    const { field = null, size = null } = isExactObject(array) ? array : {}
    const words = `shortened to ${exactText(size)}`
    return typeof field === 'string' ? [{ name: field, now: { words } }] : []
  })
  const changed = [...removed, ...cut].map((field) => ({ ...field, old: undefined }))
  return [...fieldsOf(documentIn(updatedFields) ?? {}), ...changed]
}

function listed(value: ExactJson | undefined): readonly ExactJson[] {
  return Array.isArray(value) ? value : []
}
