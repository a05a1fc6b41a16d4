import type { BSON, Document } from 'mongodb'
import type { ResumeToken } from '../position/resume-token.ts'

type Bson = typeof BSON

const HEX = /^(?:[0-9A-Fa-f]{2})+$/

/** The token in a reply. */
export function tokenOf({ EJSON }: Pick<Bson, 'EJSON'>, document: Document): ResumeToken {
  const { _data: data, ...others } = document
  if (typeof data === 'string' && HEX.test(data) && Object.keys(others).length === 0)
    return { form: 'data', text: data }
  return { form: 'document', text: EJSON.stringify(document, { relaxed: false }) }
}

/** The token as the server sent it. */
export function tokenDocument({ EJSON }: Pick<Bson, 'EJSON'>, { form, text }: ResumeToken): Document {
  return form === 'data' ? { _data: text } : EJSON.parse(text, { relaxed: false })
}
