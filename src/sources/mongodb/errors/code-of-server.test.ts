import { expect, test } from 'vitest'
import { LABELLED } from '../../../../test/support/mongodb-unified/error-cases.ts'
import { RETRYABLE } from '../../../../test/support/mongodb-unified/write-cases.ts'
import { OffbeatError } from '../../../model/error.ts'
import { codeOfServer } from './code-of-server.ts'

const LABEL = ['ResumableChangeStreamError']

function errorOf(code: number, labels: readonly string[] = []): OffbeatError {
  return new OffbeatError(codeOfServer(code, labels), { message: 'refused' })
}

test.each([...LABELLED, ...RETRYABLE, [43, 'CursorNotFound'], [134, 'ReadConcernMajorityNotAvailableYet']] as const)(
  '%i %s, after which drivers resume or repeat, is transient with and without a label',
  (code) => {
    for (const labels of [LABEL, []]) {
      expect(errorOf(code, labels)).toMatchObject({ retry: true, kind: 'transient' })
      expect(codeOfServer(code, labels)).not.toBe('DATABASE_ERROR')
    }
  },
)

test.each([
  [50, 'MaxTimeMSExpired'],
  [136, 'CappedPositionLost'],
  [216, 'ElectionInProgress'],
  [237, 'CursorKilled'],
  [11_601, 'Interrupted'],
])('%i %s, after which drivers give up, is transient for a connector, which never gives up', (code) => {
  expect(errorOf(code)).toMatchObject({ retry: true, kind: 'transient' })
  expect(codeOfServer(code, [])).not.toBe('DATABASE_ERROR')
})

test.each([
  [47, [], 'MONGODB_IMAGE_MISSING'],
  [51_770, [], 'MONGODB_IMAGE_MISSING'],
  [260, [], 'MONGODB_TOKEN_INVALID'],
  [280, ['NonResumableChangeStreamError'], 'MONGODB_TOKEN_LOST'],
  [286, ['NonResumableChangeStreamError'], 'MONGODB_OPLOG_LOST'],
  [9999, ['NonResumableChangeStreamError'], 'MONGODB_TOKEN_LOST'],
  [10_334, [], 'MONGODB_EVENT_TOO_LARGE'],
] as const)('%i with the labels %j is %s, and not retried', (code, labels, expected) => {
  expect(errorOf(code, labels)).toMatchObject({ code: expected, retry: false })
})

test.each([
  [9999, LABEL, 'MONGODB_CURSOR_ENDED'],
  [9999, [], 'DATABASE_ERROR'],
] as const)('the unknown %i with the labels %j is %s', (code, labels, expected) => {
  expect(errorOf(code, labels)).toMatchObject({ code: expected, retry: true })
})
