import { OffbeatError } from '../../../model/error.ts'
import { outcomeOf } from '../../../model/error-code.ts'
import { exactBytesInWords } from '../../../model/figures.ts'
import { query } from '../../../model/fix.ts'
import { connectionLost } from '../../connect/connection-error.ts'
import { explainNodeCode, nodeCodeOf } from '../../connect/node-error.ts'
import { loginRequest, type ServerRequest } from '../../connect/server-request.ts'
import { address, type DatabaseTarget } from '../../connect/server-target.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { behindPooler, poolerOfAnswer } from '../connect/pooler.ts'
import { explainDriverError } from './driver-error.ts'
import { type ServerError, sayServerError, serverErrorOf } from './server-error.ts'
import { explanationOf } from './server-explanation.ts'
import { codeOfSqlstate } from './sqlstate.ts'

/** Turns anything thrown while connecting or querying into an OffbeatError. An OffbeatError is returned as it is. */
export function explainError(
  thrown: unknown,
  target: DatabaseTarget,
  request: ServerRequest = loginRequest(target),
): OffbeatError {
  if (thrown instanceof OffbeatError) return thrown
  const serverError = serverErrorOf(thrown)
  if (serverError !== null) return explainServerError(serverError, target, request)
  const code = nodeCodeOf(thrown)
  if (code !== null) return explainNodeCode(code, target)
  return thrown instanceof Error
    ? explainDriverError(thrown.message, target)
    : connectionLost(target, 'the connection ended')
}

/** Turns a server's error into an OffbeatError, by its code and never by its message. */
function explainServerError(error: ServerError, to: DatabaseTarget, request: ServerRequest): OffbeatError {
  const pooler = poolerOfAnswer(error)
  if (pooler !== null) return behindPooler(to, { found: sayServerError(error), pooler, details: detailsOf(error, to) })
  const code = codeOfSqlstate(error.sqlstate, error.routine, (error.inFunction ?? null) !== null)
  return new OffbeatError(code, {
    ...explanationOf(code, { to, error, request }),
    found: outcomeOf(code) === 'unknown' ? inFull(error, request) : sayServerError(error),
    details: { ...detailsOf(error, to), statement: request.statement, object: error.object ?? request.object },
  })
}

/** Everything that the server reported about an error without a classification. */
function inFull(error: ServerError, { statement }: ServerRequest): string {
  const { routine, at = null } = error
  return [
    sayServerError(error),
    ...(routine === null ? [] : [`raised by ${routine}() of the server`]),
    ...(at === null ? [] : [`at ${at} in the log`]),
    ...(statement === null ? [] : [`statement: ${statement}`]),
  ].join('; ')
}

/** The server's functions that open a WAL segment to send it, and that detect that a segment was removed while it was read. */
const READS_LOG: readonly (string | null)[] = ['WalSndSegmentOpen', 'CheckXLogRemoved']

/**
 * An error with which the server refused or ended a stream. A missing file belongs to the log only if one of these functions reports it. A
 * missing pgoutput library has the same code, and is back once an upgrade of the server's package is complete.
 */
export function explainStreamError(error: ServerError, target: DatabaseTarget, request: ServerRequest): OffbeatError {
  if (isRowTooLarge(error)) return rowTooLarge(error, target)
  if (error.sqlstate.startsWith('22') && error.at !== null && (error.inFunction ?? null) === null)
    return unsendable(error, target)
  if (error.sqlstate === '42704' && error.routine === 'get_publication_oid') return publicationGap(error, target)
  if (error.sqlstate !== '58P01' || !READS_LOG.includes(error.routine))
    return explainServerError(error, target, request)
  return new OffbeatError('POSTGRES_WAL_REMOVED', {
    message: `the server ${address(target)} no longer has a WAL file that the slot needs`,
    found: sayServerError(error),
    expected: 'every WAL segment from the stored offset on',
    fix: [query('SELECT slot_name, restart_lsn, wal_status FROM pg_replication_slots', SUPERUSER)],
    details: detailsOf(error, target),
  })
}

/** The largest block of memory that PostgreSQL allocates (MaxAllocSize). No value and no protocol message is larger. */
const LARGEST_BLOCK_BYTES = 0x3fff_ffff
/** As text, each byte of a bytea takes two. The server requests more than that only if the log is damaged. */
const LARGEST_TEXT_BYTES = 2 * LARGEST_BLOCK_BYTES + 16

/** The server sends each row in one message, which it builds as a whole. */
function isRowTooLarge({ sqlstate, routine, neededBytes = null }: ServerError): boolean {
  if (sqlstate === '54000') return routine === 'enlargeStringInfo' || routine === 'pg_do_encoding_conversion'
  return neededBytes !== null && neededBytes > LARGEST_BLOCK_BYTES && neededBytes <= LARGEST_TEXT_BYTES
}

function rowTooLarge(error: ServerError, target: DatabaseTarget): OffbeatError {
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
 * Until 17, a stream always ends at a row that was written while the publication did not exist: the server looks the publication up as of
 * the row's time. From 18 on, it skips such rows.
 */
function publicationGap(error: ServerError, target: DatabaseTarget): OffbeatError {
  return new OffbeatError('POSTGRES_PUBLICATION_GAP', {
    message: 'the server cannot send rows that were written while the publication did not exist',
    found: `${error.severity} ${error.sqlstate}: the publication did not exist at this position of the log of ${address(target)}`,
    expected:
      'a publication that exists whenever a table is written to; change it with ALTER PUBLICATION, or in one transaction that does not write',
    details: detailsOf(error, target),
  })
}

/** For a row in a stream, the server computes only the encoding of its texts and the publication's row filters. */
function unsendable(error: ServerError, target: DatabaseTarget): OffbeatError {
  if (/^report_(untranslatable_char|invalid_encoding)/.test(error.routine ?? '')) return unconverted(error, target)
  return new OffbeatError('POSTGRES_FILTER_FAILED', {
    message: 'a row filter of the publication fails on a row in the log',
    found: sayServerError(error),
    expected: `a filter that does not fail on any row; the log of the server ${address(target)} has the cause`,
    fix: [
      query(
        'SELECT pubname, schemaname, tablename, rowfilter FROM pg_publication_tables WHERE rowfilter IS NOT NULL',
        SUPERUSER,
      ),
    ],
    details: detailsOf(error, target),
  })
}

function unconverted(error: ServerError, target: DatabaseTarget): OffbeatError {
  return new OffbeatError('POSTGRES_TEXT_UNCONVERTED', {
    message: 'the server cannot convert a text in its log to UTF-8',
    found: sayServerError(error),
    expected: `text with characters that Unicode has; the log of the server ${address(target)} names the character`,
    fix: [query('SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()', SUPERUSER)],
    details: detailsOf(error, target),
  })
}

function detailsOf(error: ServerError, target: DatabaseTarget) {
  const { sqlstate, routine, at = null } = error
  return { sqlstate, routine, ...(at === null ? {} : { at }), host: target.host, port: target.port }
}
