import type { ErrorCode } from '../../../model/error-code.ts'

/** Classifies the server's error codes, as its published list names them; all others are DATABASE_ERROR. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  6: 'DATABASE_UNREACHABLE', // HostUnreachable, from a router
  7: 'DATABASE_UNREACHABLE', // HostNotFound, from a router
  11: 'DATABASE_PASSWORD_WRONG', // UserNotFound
  13: 'DATABASE_PERMISSION', // Unauthorized
  18: 'DATABASE_PASSWORD_WRONG', // AuthenticationFailed
  43: 'MONGODB_CURSOR_ENDED', // CursorNotFound
  47: 'MONGODB_IMAGE_MISSING', // NoMatchingDocument: an image is required
  50: 'DATABASE_STATEMENT_ENDED', // MaxTimeMSExpired
  63: 'MONGODB_CURSOR_ENDED', // StaleShardVersion
  76: 'MONGODB_NO_REPLICA_SET', // NoReplicationEnabled
  89: 'DATABASE_UNREACHABLE', // NetworkTimeout, from a router
  91: 'DATABASE_STOPPING', // ShutdownInProgress
  112: 'DATABASE_STATEMENT_ENDED', // WriteConflict
  133: 'DATABASE_UNREACHABLE', // FailedToSatisfyReadPreference
  134: 'DATABASE_STARTING', // ReadConcernMajorityNotAvailableYet: a member that has just started
  136: 'MONGODB_CURSOR_ENDED', // CappedPositionLost: opening it again shows whether the position is lost
  146: 'DATABASE_OUT_OF_RESOURCES', // ExceededMemoryLimit
  150: 'MONGODB_CURSOR_ENDED', // StaleEpoch
  189: 'DATABASE_STOPPING', // PrimarySteppedDown
  216: 'DATABASE_STOPPING', // ElectionInProgress
  234: 'MONGODB_CURSOR_ENDED', // RetryChangeStream
  237: 'MONGODB_CURSOR_ENDED', // CursorKilled
  260: 'MONGODB_TOKEN_INVALID', // InvalidResumeToken
  262: 'DATABASE_STATEMENT_ENDED', // ExceededTimeLimit
  280: 'MONGODB_TOKEN_LOST', // ChangeStreamFatalError
  286: 'MONGODB_OPLOG_LOST', // ChangeStreamHistoryLost
  292: 'DATABASE_OUT_OF_RESOURCES', // QueryExceededMemoryLimitNoDiskUseAllowed
  334: 'DATABASE_LOGIN_METHOD', // MechanismUnavailable
  8000: 'DATABASE_PASSWORD_WRONG', // AtlasError, at a login
  9001: 'DATABASE_CONNECTION_LOST', // SocketException, from a router
  10107: 'DATABASE_STOPPING', // NotWritablePrimary
  10334: 'MONGODB_EVENT_TOO_LARGE', // BSONObjectTooLarge
  11600: 'DATABASE_STOPPING', // InterruptedAtShutdown
  11601: 'DATABASE_STATEMENT_ENDED', // Interrupted
  11602: 'DATABASE_STOPPING', // InterruptedDueToReplStateChange
  13388: 'MONGODB_CURSOR_ENDED', // StaleConfig
  13435: 'DATABASE_STARTING', // NotPrimaryNoSecondaryOk
  13436: 'DATABASE_STARTING', // NotPrimaryOrSecondary: recovering
  14031: 'DATABASE_OUT_OF_RESOURCES', // OutOfDiskSpace
  40573: 'MONGODB_NO_REPLICA_SET',
  51770: 'MONGODB_IMAGE_MISSING', // the event has no id of a pre-image, and one is required
}

/** The label without one of the codes above means the same as code 280. */
const NOT_RESUMABLE = 'NonResumableChangeStreamError'
/** The server says so of every error after which a new cursor can go on. */
const RESUMABLE = 'ResumableChangeStreamError'

export function codeOfServer(code: number, labels: readonly string[]): ErrorCode {
  const known = CODES[code]
  if (known !== undefined) return known
  if (labels.includes(NOT_RESUMABLE)) return 'MONGODB_TOKEN_LOST'
  return labels.includes(RESUMABLE) ? 'MONGODB_CURSOR_ENDED' : 'DATABASE_ERROR'
}
