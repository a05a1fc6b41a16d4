import { expect, test } from 'vitest'
import { ERROR_TABLE } from '../../model/error-code.ts'
import { codeOfNode } from './node-error.ts'

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
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'configuration'],
  ['CERT_HAS_EXPIRED', 'configuration'],
  ['CRL_HAS_EXPIRED', 'configuration'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'configuration'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'configuration'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'configuration'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'configuration'],
  ['ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', 'configuration'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'configuration'],
  ['ERR_OSSL_PEM_NO_START_LINE', 'configuration'],
  ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'unknown'],
  ['EACCES', 'unknown'],
  ['EPROTO', 'unknown'],
  ['ESOMETHING_NEW', 'unknown'],
])('the code %s of a socket or of TLS is of the kind %s', (code, kind) => {
  expect(ERROR_TABLE[codeOfNode(code)].kind).toBe(kind)
})
