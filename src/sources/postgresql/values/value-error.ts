import { OffbeatError } from '../../../model/error.ts'

/** The bytes are not a text that the type can have. The value itself is not shown: it is a row's. */
export function invalidValue(expected: string, length: number): OffbeatError {
  return new OffbeatError('POSTGRES_VALUE_INVALID', {
    message: `a value of ${length} bytes in the log is not ${expected}`,
    found: `${length} bytes of another form`,
    expected,
  })
}

export function notUtf8(length: number): OffbeatError {
  return new OffbeatError('POSTGRES_TEXT_NOT_UTF8', {
    message: `a text of ${length} bytes in the log is not UTF-8`,
    found: 'bytes that are not UTF-8, which a database with the encoding SQL_ASCII can contain',
    expected: 'text in UTF-8, which the server sends from a database of any other encoding',
    fix: ['SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()'],
  })
}
