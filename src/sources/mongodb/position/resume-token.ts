/**
 * A resume token as the server sent it. `text` is the hexadecimal `_data` of a token that has only this field, which is the form of mongod
 * and of most servers that speak its protocol. Any other token is kept whole, as canonical extended JSON.
 */
export interface ResumeToken {
  readonly form: 'data' | 'document'
  readonly text: string
}
