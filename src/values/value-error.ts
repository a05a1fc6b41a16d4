import { OffbeatError } from '../model/error.ts'

/** For bytes that are not a valid text of the type. The value itself is not shown, because it is row data. */
export function invalidValue(expected: string, length: number): OffbeatError {
  return new OffbeatError('VALUE_INVALID', {
    message: `a value of ${length} bytes in the log is not ${expected}`,
    found: `${length} bytes of another form`,
    expected,
  })
}

export function notUtf8(length: number): OffbeatError {
  return new OffbeatError('TEXT_NOT_UTF8', {
    message: `a text of ${length} bytes in the log is not UTF-8`,
    found: 'bytes that are not UTF-8',
    expected: 'text in UTF-8',
  })
}
