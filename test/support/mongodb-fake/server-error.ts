import type { BsonDocument } from './wire-message.ts'

/** The codes that the fake can report, and the names that mongod gives them. */
const CODE_NAMES: Readonly<Record<number, string>> = {
  6: 'HostUnreachable',
  7: 'HostNotFound',
  9: 'FailedToParse',
  13: 'Unauthorized',
  18: 'AuthenticationFailed',
  20: 'IllegalOperation',
  43: 'CursorNotFound',
  47: 'NoMatchingDocument',
  50: 'MaxTimeMSExpired',
  59: 'CommandNotFound',
  63: 'StaleShardVersion',
  73: 'InvalidNamespace',
  89: 'NetworkTimeout',
  91: 'ShutdownInProgress',
  112: 'WriteConflict',
  133: 'FailedToSatisfyReadPreference',
  136: 'CappedPositionLost',
  150: 'StaleEpoch',
  189: 'PrimarySteppedDown',
  222: 'CloseChangeStream',
  234: 'RetryChangeStream',
  237: 'CursorKilled',
  260: 'InvalidResumeToken',
  262: 'ExceededTimeLimit',
  280: 'ChangeStreamFatalError',
  286: 'ChangeStreamHistoryLost',
  9001: 'SocketException',
  10107: 'NotWritablePrimary',
  10334: 'BSONObjectTooLarge',
  11600: 'InterruptedAtShutdown',
  11601: 'Interrupted',
  11602: 'InterruptedDueToReplStateChange',
  13388: 'StaleConfig',
  13435: 'NotPrimaryNoSecondaryOk',
  13436: 'NotPrimaryOrSecondary',
}

/**
 * The errors after which a driver resumes a change stream. Since 4.4 servers give them a label, and drivers go by the label alone.
 * CursorNotFound has none, and drivers resume after it always.
 */
const RESUMABLE_CODES: readonly number[] = [
  6, 7, 63, 89, 91, 133, 150, 189, 234, 262, 9001, 10_107, 11_600, 11_602, 13_388, 13_435, 13_436,
]

/** The errors after which a driver sends a write with a number once more, by the specification of retryable writes. */
const RETRYABLE_CODES: readonly number[] = [6, 7, 89, 91, 189, 262, 9001, 10_107, 11_600, 11_602, 13_435, 13_436]
const WRITES: readonly string[] = ['insert', 'update', 'delete']

const NON_RESUMABLE_CODES: readonly number[] = [280, 286]

export class ServerError extends Error {
  readonly code: number
  /** null: those that a server of its version gives. */
  readonly labels: readonly string[] | null

  constructor(code: number, message?: string, labels: readonly string[] | null = null) {
    super(message ?? `the fake was told to report ${code}`)
    this.code = code
    this.labels = labels
  }
}

/** `wireVersion`: of the server. `command`: the one that failed. */
export function errorReply(error: ServerError, wireVersion: number, command: string): BsonDocument {
  const labels = error.labels ?? labelsOf(error.code, wireVersion, command)
  return {
    ok: 0,
    errmsg: error.message,
    code: error.code,
    codeName: CODE_NAMES[error.code] ?? `Location${error.code}`,
    ...(labels.length === 0 ? {} : { errorLabels: labels }),
  }
}

function labelsOf(code: number, wireVersion: number, command: string): readonly string[] {
  if (WRITES.includes(command)) return wireVersion >= 9 && RETRYABLE_CODES.includes(code) ? ['RetryableWriteError'] : []
  if (command !== 'aggregate' && command !== 'getMore') return []
  if (NON_RESUMABLE_CODES.includes(code)) return ['NonResumableChangeStreamError']
  return wireVersion >= 9 && RESUMABLE_CODES.includes(code) ? ['ResumableChangeStreamError'] : []
}
