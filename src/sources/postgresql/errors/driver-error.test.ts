import { expect, test } from 'vitest'
import { POSTGRESQL_SERVER } from '../connect/postgresql-target.ts'
import { explainDriverError } from './driver-error.ts'

const target = {
  product: POSTGRESQL_SERVER,
  host: 'db.example',
  port: 5432,
  database: 'shop',
  user: 'u',
  tls: 'require',
} as const

test.each([
  ['Connection terminated unexpectedly', 'DATABASE_CONNECTION_LOST', 'the connection ended'],
  ['Unknown authenticationOk message type 7', 'DATABASE_LOGIN_METHOD', 'GSSAPI'],
  ['SASL: Only mechanism(s) SCRAM-SHA-256 are supported', 'DATABASE_LOGIN_METHOD', 'SASL'],
  ['SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature does not match', 'DATABASE_CONNECT_FAILED', 'signature'],
  ['received invalid response: 48', 'DATABASE_CONNECT_FAILED', 'invalid response: 48'],
  ['SASL: SCRAM-SERVER-FINAL-MESSAGE: server returned error: "planted"', 'DATABASE_CONNECT_FAILED', 'server returned'],
  ['planted', 'DATABASE_CONNECT_FAILED', 'not one of a PostgreSQL server'],
])('the error of the driver %j is %s', (words, code, found) => {
  const error = explainDriverError(words, target)
  expect(error.code).toBe(code)
  expect(error.found).toContain(found)
  expect(error.found).not.toContain('planted')
})
