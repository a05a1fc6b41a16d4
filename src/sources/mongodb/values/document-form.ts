import type { ByteWriter } from '../../../model/byte-writer.ts'
import type { JsonWriter } from '../../../model/table.ts'
import { unreachable } from '../../../model/unreachable.ts'
import { CANONICAL, type Dialect, RELAXED, RELAXED_FIELDS, RELAXED_KEY, STRICT } from './dialect.ts'
import { documentError } from './document-error.ts'
import { ExtendedJson } from './extended-json.ts'
import { updateDescriptionWriter } from './update-description.ts'

/** How documents are written: as Debezium's connector for MongoDB does, or as relaxed or canonical Extended JSON, version 2. */
export const DOCUMENT_FORMS = ['debezium', 'relaxed', 'canonical'] as const
export type DocumentForm = (typeof DOCUMENT_FORMS)[number]

const QUOTE = 0x22

export interface DocumentWriters {
  /** Writes a document as a JSON string that holds the text of Extended JSON. */
  readonly document: JsonWriter
  /** Writes the value of an element (type, name, value) in the same way. */
  readonly key: JsonWriter
  /** Writes the document `updateDescription` of a change event as a JSON object. */
  readonly updateDescription: JsonWriter
}

export function documentWriters(form: DocumentForm): DocumentWriters {
  switch (form) {
    case 'debezium':
      return writers(STRICT, RELAXED_KEY, RELAXED_FIELDS)
    case 'relaxed':
      return writers(RELAXED, RELAXED, RELAXED)
    case 'canonical':
      return writers(CANONICAL, CANONICAL, CANONICAL)
    default:
      return unreachable(form)
  }
}

function writers(document: Dialect, key: Dialect, updatedFields: Dialect): DocumentWriters {
  return {
    document: documentWriter(document),
    key: elementWriter(key),
    updateDescription: updateDescriptionWriter(documentWriter(updatedFields)),
  }
}

function documentWriter(dialect: Dialect): JsonWriter {
  const text = new ExtendedJson(dialect)
  return quoted('document', (from, start, end, to) => text.whole(from, start, end, to))
}

function elementWriter(dialect: Dialect): JsonWriter {
  const text = new ExtendedJson(dialect)
  return quoted('element', (from, start, end, to) => text.element(from, start, end, to))
}

function quoted(of: 'document' | 'element', write: JsonWriter): JsonWriter {
  return (from: Uint8Array, start: number, end: number, to: ByteWriter) => {
    to.byte(QUOTE)
    try {
      write(from, start, end, to)
    } catch (thrown) {
      throw documentError(thrown, from, start, end, of)
    }
    to.byte(QUOTE)
  }
}
