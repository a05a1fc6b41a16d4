import { expect, test } from 'vitest'
import type { ServerTarget } from '../connect/server-target.ts'
import { codeOfNode, explainDriverError } from './connection-error.ts'
import { outcomeOf } from './sqlstate.ts'

const target: ServerTarget = { host: 'db.example', port: 5432, database: 'shop', user: 'u', tls: 'require' }

test.each([
  ['ECONNREFUSED', 'transient'],
  ['ENOTFOUND', 'transient'],
  ['EAI_AGAIN', 'transient'],
  ['ETIMEDOUT', 'transient'],
  ['ECONNRESET', 'transient'],
  ['EPIPE', 'transient'],
  ['EHOSTUNREACH', 'transient'],
  ['ENETUNREACH', 'transient'],
  ['EMFILE', 'transient'],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', 'transient'],
  ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'transient'],
  ['ERR_SSL_UNEXPECTED_EOF_WHILE_READING', 'transient'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'permanent'],
  ['CERT_HAS_EXPIRED', 'permanent'],
  ['CRL_HAS_EXPIRED', 'permanent'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'permanent'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'permanent'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'permanent'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'permanent'],
  ['ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', 'permanent'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'permanent'],
  ['ERR_OSSL_PEM_NO_START_LINE', 'permanent'],
  ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'unknown'],
  ['EACCES', 'unknown'],
  ['EPROTO', 'unknown'],
  ['ESOMETHING_NEW', 'unknown'],
])('the code %s of a socket or of TLS is %s', (code, outcome) => {
  expect(outcomeOf(codeOfNode(code))).toBe(outcome)
})

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
