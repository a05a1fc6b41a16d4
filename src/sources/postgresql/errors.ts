import { OffbeatError } from '../../model/error.ts'
import type { ErrorCode } from '../../model/error-code.ts'
import { exactBytesInWords } from '../../model/figures.ts'
import type { TlsConfig } from '../source-config.ts'
import { behindPooler, poolerOfAnswer } from './pooler.ts'
import { psqlTarget } from './psql-command.ts'
import { hbaName, quoteIdentifier } from './quoting.ts'
import { nodeCodeOf, type ServerError, sayServerError, serverErrorOf } from './server-error.ts'

/** Whom we talk to, for the words of an error. */
export interface ServerTarget {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly tls: TlsConfig['mode']
  /** A certificate of ours is shown to the server. */
  readonly certificate?: boolean
}

interface Explanation {
  readonly code: ErrorCode
  readonly message: string
  readonly expected?: string
  readonly fix?: readonly string[]
}

function address(target: ServerTarget): string {
  return `${target.host}:${target.port}`
}

const OTHERS_CERTIFICATE =
  '# where pg_hba.conf has `clientcert=verify-full` the server reports the same when the CN of the certificate in `tls.cert` is not the name of the user'

export const PRESENT_PASSWORD =
  '# set the current password of the user in the configuration, or in the variable that it names'

const CLIENT_CERTIFICATE =
  "# where pg_hba.conf has `cert` or `clientcert`: a certificate for this user, signed by the server's `ssl_ca_file`, in `tls.cert` and its key in `tls.key`"

/** By SQLSTATE: what it means when it comes from connecting or from a statement of ours. */
const BY_SQLSTATE: { readonly [sqlstate: string]: (target: ServerTarget, error: ServerError) => Explanation } = {
  '28P01': (to) => ({
    code: 'POSTGRES_PASSWORD_WRONG',
    message: `the server ${address(to)} refused the password of the user ${to.user}`,
    expected:
      'the password of this user; the server reports the same for a user that does not exist (`offbeat setup` creates it)',
    fix: [
      ...(to.certificate === true ? [OTHERS_CERTIFICATE] : []),
      PRESENT_PASSWORD,
      `# or: give the user a new password, as an administrator of ${address(to)}`,
      `ALTER ROLE ${quoteIdentifier(to.user)} PASSWORD '<password>'`,
    ],
  }),
  '28000': loginRefused,
  '3D000': (to) => ({
    code: 'POSTGRES_DATABASE_MISSING',
    message: `the server ${address(to)} has no database ${to.database}`,
    expected: 'the name of a database that exists there',
    fix: ['SELECT datname FROM pg_database WHERE datallowconn ORDER BY 1'],
  }),
  '42501': (to) => ({
    code: 'POSTGRES_PERMISSION',
    message: `the user ${to.user} lacks a privilege in the database ${to.database} on ${address(to)}`,
  }),
  '53300': (to) => ({
    code: 'POSTGRES_TOO_MANY_CONNECTIONS',
    message: `the server ${address(to)} has no free connection for the user ${to.user}`,
    fix: [
      'SHOW max_connections',
      'SHOW max_wal_senders',
      'SELECT usename, application_name, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC',
    ],
  }),
  '53400': (to) => ({
    code: 'POSTGRES_NO_SLOTS_LEFT',
    message: `the server ${address(to)} has no free replication slot`,
    expected: 'a free slot: max_replication_slots above the number of slots in pg_replication_slots',
    fix: [
      'SELECT slot_name, active, wal_status FROM pg_replication_slots',
      '# drop a slot that is not needed',
      '# or: raise the limit, and restart the server',
      'ALTER SYSTEM SET max_replication_slots = 20',
    ],
  }),
  '55006': (to) => ({
    code: 'POSTGRES_SLOT_IN_USE',
    message: `another connection on ${address(to)} is reading the replication slot`,
    expected: 'a slot that no client reads',
  }),
  '57P01': stopping,
  '57P02': stopping,
  '57P03': (to) => ({
    code: 'POSTGRES_SERVER_STARTING',
    message: `the server ${address(to)} accepts no connections now: it is starting, recovering or shutting down`,
  }),
}

/** Of the server, where it looks up the role: it does not exist, or it has no LOGIN. Otherwise pg_hba.conf decided. */
const ROLE_LOOKUP = 'InitializeSessionUserId'

function loginRefused(to: ServerTarget, { routine, message }: ServerError): Explanation {
  const about = {
    code: 'POSTGRES_LOGIN_REFUSED',
    message: `the server ${address(to)} refuses the login of the user ${to.user} to the database ${to.database}`,
  } as const
  if (routine === ROLE_LOOKUP)
    return { ...about, expected: 'a role with the attribute LOGIN', fix: roleFix(to, message ?? '') }
  const type = to.tls === 'disable' ? 'host' : 'hostssl'
  return {
    ...about,
    expected: `a line of pg_hba.conf that matches the user, the database, the address of this machine and TLS (tls.mode is \`${to.tls}\`)`,
    fix: [
      ...(to.tls === 'disable' ? [] : [CLIENT_CERTIFICATE]),
      `# in pg_hba.conf: ${type} ${hbaName(to.database)} ${hbaName(to.user)} <address of this machine>/32 scram-sha-256`,
      'SELECT pg_reload_conf()',
    ],
  }
}

/** Which of the two it is, only the words say, and they are in the server's language. */
function roleFix({ user }: ServerTarget, words: string): readonly string[] {
  const login = `ALTER ROLE ${quoteIdentifier(user)} LOGIN`
  const create = `CREATE ROLE ${quoteIdentifier(user)} LOGIN REPLICATION PASSWORD '<password>'`
  if (/is not permitted to log in/.test(words)) return [login]
  if (/does not exist/.test(words)) return [create]
  return ['# if the role exists', login, '# or: if it does not', create]
}

function stopping(target: ServerTarget): Explanation {
  return {
    code: 'POSTGRES_SERVER_STOPPING',
    message: `the server ${address(target)} ended the connection: it is shutting down`,
  }
}

/** An error of the server as one of ours. */
function explainServerError(error: ServerError, target: ServerTarget): OffbeatError {
  const pooler = poolerOfAnswer(error)
  if (pooler !== null)
    return behindPooler(target, { found: sayServerError(error), pooler, details: detailsOf(error, target) })
  const explanation =
    BY_SQLSTATE[error.sqlstate]?.(target, error) ?? encodingRefused(error, target) ?? unexplained(error, target)
  return new OffbeatError(explanation.code, {
    ...explanation,
    found: sayServerError(error),
    details: detailsOf(error, target),
  })
}

/** Of the server, where it opens a segment of its log to send it, and where it finds that one was removed while it was read. */
const READS_LOG: readonly (string | null)[] = ['WalSndSegmentOpen', 'CheckXLogRemoved']

/**
 * An error with which the server refused or ended a stream. A missing file is one of the log only where the server reads that: the library
 * of pgoutput goes by the same code, and is back once an upgrade of the server's package is over.
 */
export function explainStreamError(error: ServerError, target: ServerTarget): OffbeatError {
  if (isRowTooLarge(error)) return rowTooLarge(error, target)
  if (error.sqlstate.startsWith('22')) return unsendable(error, target)
  if (error.sqlstate === '42704' && error.routine === 'get_publication_oid') return publicationGap(error, target)
  if (error.sqlstate !== '58P01' || !READS_LOG.includes(error.routine)) return explainServerError(error, target)
  return new OffbeatError('POSTGRES_WAL_REMOVED', {
    message: `the server ${address(target)} no longer has a WAL file that the slot needs`,
    found: sayServerError(error),
    expected: 'every WAL segment from the stored offset on',
    fix: ['SELECT slot_name, restart_lsn, wal_status FROM pg_replication_slots'],
    details: detailsOf(error, target),
  })
}

/** The largest block of memory that PostgreSQL takes (MaxAllocSize): no value and no message of its protocol is larger. */
const LARGEST_BLOCK_BYTES = 0x3fff_ffff
/** A bytea takes two bytes for one as text. More than that is asked for only where the log is damaged. */
const LARGEST_TEXT_BYTES = 2 * LARGEST_BLOCK_BYTES + 16

/** The server sends each row in one message, which it makes as a whole. */
function isRowTooLarge({ sqlstate, routine, neededBytes = null }: ServerError): boolean {
  if (sqlstate === '54000') return routine === 'enlargeStringInfo' || routine === 'pg_do_encoding_conversion'
  return neededBytes !== null && neededBytes > LARGEST_BLOCK_BYTES && neededBytes <= LARGEST_TEXT_BYTES
}

function rowTooLarge(error: ServerError, target: ServerTarget): OffbeatError {
  const { neededBytes = null, severity, sqlstate } = error
  const size = neededBytes === null ? 'more than that' : `at least ${exactBytesInWords(neededBytes)}`
  return new OffbeatError('POSTGRES_ROW_TOO_LARGE', {
    message: 'a row in the log is larger than PostgreSQL can send',
    found: `${severity} ${sqlstate}: the server ${address(target)} needed ${size} for the row, or for one of its values`,
    expected: `at most ${exactBytesInWords(LARGEST_BLOCK_BYTES)} for a row as text, in which a bytea takes two bytes for one`,
    details: { ...detailsOf(error, target), neededBytes },
  })
}

/**
 * Until 17 a stream ends at a row that was written while the publication did not exist, and does so for ever: the server looks it up as of the
 * row's time. From 18 on it passes over such rows.
 */
function publicationGap(error: ServerError, target: ServerTarget): OffbeatError {
  return new OffbeatError('POSTGRES_PUBLICATION_GAP', {
    message: 'the server cannot send rows that were written while the publication did not exist',
    found: `${error.severity} ${error.sqlstate}: the publication did not exist at this position of the log of ${address(target)}`,
    expected:
      'a publication that exists whenever a table is written to; change it with ALTER PUBLICATION, or in one transaction that does not write',
    details: detailsOf(error, target),
  })
}

/** Of a row the server computes nothing in a stream but the encoding of its texts and the publication's row filters. */
function unsendable(error: ServerError, target: ServerTarget): OffbeatError {
  if (/^report_(untranslatable_char|invalid_encoding)/.test(error.routine ?? '')) return unconverted(error, target)
  return new OffbeatError('POSTGRES_FILTER_FAILED', {
    message: 'a row filter of the publication fails on a row in the log',
    found: sayServerError(error),
    expected: `a filter that does not fail on any row; the log of the server ${address(target)} has the cause`,
    fix: ['SELECT pubname, schemaname, tablename, rowfilter FROM pg_publication_tables WHERE rowfilter IS NOT NULL'],
    details: detailsOf(error, target),
  })
}

function unconverted(error: ServerError, target: ServerTarget): OffbeatError {
  return new OffbeatError('POSTGRES_TEXT_UNCONVERTED', {
    message: 'the server cannot convert a text in its log to UTF-8',
    found: sayServerError(error),
    expected: `text with characters that Unicode has; the log of the server ${address(target)} names the character`,
    fix: ['SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()'],
    details: detailsOf(error, target),
  })
}

function detailsOf(error: ServerError, target: ServerTarget) {
  const { sqlstate, routine, at = null } = error
  return { sqlstate, routine, ...(at === null ? {} : { at }), host: target.host, port: target.port }
}

/** The code alone says only that something is not supported; at a login this routine knows of nothing but our UTF-8. */
function encodingRefused({ sqlstate, routine }: ServerError, target: ServerTarget): Explanation | null {
  if (sqlstate !== '0A000' || routine !== 'InitializeClientEncoding') return null
  return {
    code: 'POSTGRES_ENCODING',
    message: `the database ${target.database} on ${address(target)} has an encoding that the server cannot convert to UTF-8`,
    expected: 'a database with another encoding than MULE_INTERNAL',
    fix: ['SELECT datname, pg_encoding_to_char(encoding) FROM pg_database'],
  }
}

function unexplained(error: ServerError, target: ServerTarget): Explanation {
  if (error.sqlstate.startsWith('08')) {
    return { code: 'POSTGRES_CONNECTION_LOST', message: `the connection to ${address(target)} failed` }
  }
  return { code: 'POSTGRES_SERVER_ERROR', message: `the server ${address(target)} answered with an error` }
}

/** Codes by which OpenSSL and Node refuse a certificate; all others of TLS are failures of the handshake. */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'CERT_REVOKED',
  'CERT_REJECTED',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

const UNREACHABLE: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
  ENOTFOUND: 'the host name is unknown (ENOTFOUND)',
  EAI_AGAIN: 'the host name cannot be resolved now (EAI_AGAIN)',
  ETIMEDOUT: 'no answer in time (ETIMEDOUT)',
  EHOSTUNREACH: 'no route to the host (EHOSTUNREACH)',
  ENETUNREACH: 'the network is unreachable (ENETUNREACH)',
  EADDRNOTAVAIL: 'the address cannot be used from here (EADDRNOTAVAIL)',
  ECONNRESET: 'the connection was closed immediately (ECONNRESET)',
}

/** Anything thrown while connecting or asking, as one of ours. What is ours already passes. */
export function explainError(thrown: unknown, target: ServerTarget): OffbeatError {
  if (thrown instanceof OffbeatError) return thrown
  const serverError = serverErrorOf(thrown)
  if (serverError !== null) return explainServerError(serverError, target)
  const code = nodeCodeOf(thrown)
  if (code !== null) return explainNodeCode(code, target)
  return connectionLost(target, 'the connection ended')
}

function explainNodeCode(code: string, target: ServerTarget): OffbeatError {
  const details = { code, host: target.host, port: target.port }
  if (UNTRUSTED.has(code)) return untrusted(code, target)
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code.startsWith('ERR_OSSL')) {
    return new OffbeatError('POSTGRES_TLS_FAILED', {
      message: `the TLS handshake with ${address(target)} failed`,
      found: TLS_FAILURES[code] === undefined ? code : `${TLS_FAILURES[code]} (${code})`,
      expected: 'a TLS version that the server accepts, and a client certificate if the server requires one',
      details,
    })
  }
  return new OffbeatError('POSTGRES_UNREACHABLE', {
    message: `the server ${address(target)} cannot be reached`,
    found: UNREACHABLE[code] ?? `the system call failed with ${code}`,
    expected: `a PostgreSQL server that listens on ${address(target)} and can be reached from here`,
    fix: [`psql ${psqlTarget({ ...target, hosts: [target] })}`],
    details,
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

function untrusted(code: string, target: ServerTarget): OffbeatError {
  const byName = code === 'ERR_TLS_CERT_ALTNAME_INVALID'
  return new OffbeatError('POSTGRES_TLS_UNTRUSTED', {
    message: `the certificate of ${address(target)} failed the check of \`${target.tls}\``,
    found: byName
      ? `the certificate is for another name (${code})`
      : `${DISTRUST[code] ?? 'the certificate is not signed by a known authority'} (${code})`,
    expected: byName
      ? `a certificate for ${target.host}, or its name in \`tls.servername\``
      : 'a certificate signed by the authority in `tls.ca`, or by one that this system trusts',
    fix: [`openssl s_client -starttls postgres -connect ${address(target)} -showcerts`],
    details: { code, host: target.host, port: target.port },
  })
}

export function connectionLost(target: ServerTarget, found: string): OffbeatError {
  return new OffbeatError('POSTGRES_CONNECTION_LOST', {
    message: `the connection to ${address(target)} broke`,
    found,
    details: { host: target.host, port: target.port },
  })
}

export function noAnswer(target: ServerTarget, timeoutMs: number): OffbeatError {
  return new OffbeatError('POSTGRES_UNREACHABLE', {
    message: `the server ${address(target)} did not answer within ${timeoutMs} ms`,
    found: 'no answer in time',
    expected: `a PostgreSQL server that listens on ${address(target)} and can be reached from here`,
    fix: [`psql ${psqlTarget({ ...target, hosts: [target] })}`],
    details: { host: target.host, port: target.port, timeoutMs },
  })
}
