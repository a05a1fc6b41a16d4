import { ByteWriter } from '../../src/model/byte-writer.ts'
import type { JsonWriter } from '../../src/model/table.ts'
import { type DocumentForm, documentWriters } from '../../src/sources/mongodb/values/document-form.ts'

/** What the writer writes for these bytes. They lie within others, so that an offset relative to the wrong start is noticed. */
export function written(write: JsonWriter, bytes: Uint8Array): string {
  const around = Buffer.concat([Buffer.alloc(3, 0xee), bytes, Buffer.alloc(5, 0xee)])
  const to = new ByteWriter(16)
  write(around, 3, 3 + bytes.length, to)
  return to.bytes.toString('utf8', 0, to.length)
}

/** The text of Extended JSON in the string that is written for a document. */
export function documentText(form: DocumentForm, document: Uint8Array): string {
  return unwrapped(written(documentWriters(form).document, document))
}

/** The text in the string that is written for an element. */
export function keyText(form: DocumentForm, element: Uint8Array): string {
  return unwrapped(written(documentWriters(form).key, element))
}

function unwrapped(json: string): string {
  const text: unknown = JSON.parse(json)
  if (typeof text !== 'string') throw new Error('not a JSON string')
  return text
}

/** A document of these elements. */
export function bsonDocument(...elements: readonly Uint8Array[]): Buffer {
  const size = Buffer.alloc(4)
  const body = Buffer.concat(elements)
  size.writeInt32LE(body.length + 5)
  return Buffer.concat([size, body, Buffer.from([0])])
}

/** An element: `hex` is its value. */
export function bsonElement(type: number, name: string, hex: string): Buffer {
  return Buffer.concat([
    Buffer.from([type]),
    Buffer.from(name),
    Buffer.from([0]),
    Buffer.from(hex.replaceAll(' ', ''), 'hex'),
  ])
}
