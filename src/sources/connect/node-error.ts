import type { OffbeatError } from '../../model/error.ts'
import type { ErrorCode } from '../../model/error-code.ts'
import { connectFailed, connectionLost, handshakeFailed, unreachableServer, untrusted } from './connection-error.ts'
import type { ServerTarget } from './server-target.ts'

/* How a connection can fail before the server answers: error codes of the operating system, of Node's sockets and of TLS. */

/** Transient error codes of the operating system and of Node's sockets. The cause is the remote host, the network or this machine. */
const UNREACHABLE: { readonly [code: string]: string } = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name cannot be resolved now',
  EAI_FAIL: 'the lookup of the name of the host failed',
  EAI_NODATA: 'the name of the host has no address',
  EAI_NONAME: 'the host name is unknown',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'no route to the host',
  EHOSTDOWN: 'the host is down',
  ENETUNREACH: 'the network is unreachable',
  ENETDOWN: 'the network is down',
  EADDRNOTAVAIL: 'the address cannot be used from here',
  ECONNRESET: 'the connection was closed immediately',
  ECONNABORTED: 'the connection was closed immediately',
  EPIPE: 'the connection was closed while we wrote',
  ENOTCONN: 'the connection was closed',
  ENOBUFS: 'this machine has no buffer left for connections',
  ENOMEM: 'this machine has no memory left',
  EMFILE: 'this process has no file descriptor left',
  ENFILE: 'this machine has no file descriptor left',
}

/** The connection was established, then broke. */
const LOST: ReadonlySet<string> = new Set([
  'ERR_SOCKET_CLOSED',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_TLS_HANDSHAKE_TIMEOUT',
  'ERR_SSL_UNEXPECTED_EOF_WHILE_READING',
  'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
  'ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC',
  'ERR_SSL_TLSV1_ALERT_USER_CANCELLED',
])

/** The codes with which OpenSSL and Node reject a certificate. */
const UNTRUSTED =
  /^(CERT_|CRL_|UNABLE_TO_|ERROR_IN_C|INVALID_(CA|PURPOSE)$|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|PATH_LENGTH_EXCEEDED$|HOSTNAME_MISMATCH$|ERR_TLS_CERT_ALTNAME_INVALID$)/

/**
 * Codes of a handshake that fails the same way every time: the TLS versions, the ciphers, the certificate or its key do not match. The
 * names of alerts have a different prefix in each version of OpenSSL.
 */
const HANDSHAKE =
  /^ERR_OSSL_|^ERR_TLS_(INVALID|PROTOCOL|REQUIRED|RENEGOTIATION|SNI|PSK)|^ERR_SSL_.*(WRONG_VERSION|VERSION_TOO_|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|NO_CIPHERS|NO_SHARED_CIPHER|TOO_SMALL|TOO_WEAK|VALUES_MISMATCH|ALERT_(HANDSHAKE_FAILURE|PROTOCOL_VERSION|UNKNOWN_CA|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+|NO_CERTIFICATE|ACCESS_DENIED|INSUFFICIENT_SECURITY|ILLEGAL_PARAMETER|DECODE_ERROR|DECRYPT_ERROR|NO_APPLICATION_PROTOCOL|UNRECOGNIZED_NAME|MISSING_EXTENSION|UNSUPPORTED_EXTENSION))|^ERR_SSL_UNRECOGNIZED_NAME/

export function codeOfNode(code: string): ErrorCode {
  if (Object.hasOwn(UNREACHABLE, code)) return 'DATABASE_UNREACHABLE'
  if (LOST.has(code)) return 'DATABASE_CONNECTION_LOST'
  if (UNTRUSTED.test(code)) return 'DATABASE_TLS_UNTRUSTED'
  return HANDSHAKE.test(code) ? 'DATABASE_TLS_FAILED' : 'DATABASE_CONNECT_FAILED'
}

/** Classifies a failure before the server answered, by its code. */
export function explainNodeCode(code: string, target: ServerTarget): OffbeatError {
  switch (codeOfNode(code)) {
    case 'DATABASE_TLS_UNTRUSTED':
      return refusedCertificate(code, target)
    case 'DATABASE_TLS_FAILED':
      return handshakeFailed(target, TLS_FAILURES[code] === undefined ? code : `${TLS_FAILURES[code]} (${code})`, code)
    case 'DATABASE_CONNECTION_LOST':
      return connectionLost(target, code)
    case 'DATABASE_UNREACHABLE':
      return unreachableServer(target, `${UNREACHABLE[code]} (${code})`, { code })
    default:
      return connectFailed(target, `the system call or the TLS library failed with ${code}`, { code })
  }
}

function refusedCertificate(code: string, target: ServerTarget): OffbeatError {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return untrusted(target, {
      code,
      found: `the certificate is for another name (${code})`,
      expected: `a certificate for ${target.host}, or its name in \`tls.servername\``,
    })
  return untrusted(target, {
    code,
    found: `${DISTRUST[code] ?? 'the certificate is not signed by a known authority'} (${code})`,
    expected: 'a certificate signed by the authority in `tls.ca`, or by one that this system trusts',
  })
}

const TLS_FAILURES: { readonly [code: string]: string } = {
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'the key in `tls.key` does not belong to the certificate in `tls.cert`',
  ERR_OSSL_UNSUPPORTED: 'the file of `tls.key` does not contain a private key in PEM',
  ERR_OSSL_PEM_NO_START_LINE: 'a file of `tls` does not contain PEM',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the server does not know the authority of the certificate in `tls.cert`',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'the certificate in `tls.cert` has expired',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the server requires a client certificate, in `tls.cert`',
}

const DISTRUST: { readonly [code: string]: string } = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  CERT_REVOKED: 'the certificate was revoked',
}

/** Node's code for a failed system call or TLS check (`ECONNREFUSED`, `CERT_HAS_EXPIRED`); null if there is none. */
export function nodeCodeOf(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return null
  return thrown.code
}
