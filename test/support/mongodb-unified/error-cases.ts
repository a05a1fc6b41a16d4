import { ALWAYS, ANY, NS, opened } from './event-cases.ts'
import { type FailPoint, insert, type StreamCase } from './unified-case.ts'

/* How streams fail, and after which errors drivers resume them: since 4.4, after those with a label, and after CursorNotFound. */

const LABEL = 'ResumableChangeStreamError'

/** The errors to which servers give the label. */
export const LABELLED: readonly (readonly [number, string])[] = [
  [6, 'HostUnreachable'],
  [7, 'HostNotFound'],
  [63, 'StaleShardVersion'],
  [89, 'NetworkTimeout'],
  [91, 'ShutdownInProgress'],
  [133, 'FailedToSatisfyReadPreference'],
  [150, 'StaleEpoch'],
  [189, 'PrimarySteppedDown'],
  [234, 'RetryChangeStream'],
  [262, 'ExceededTimeLimit'],
  [9001, 'SocketException'],
  [10_107, 'NotWritablePrimary'],
  [11_600, 'InterruptedAtShutdown'],
  [11_602, 'InterruptedDueToReplStateChange'],
  [13_435, 'NotPrimaryNoSecondaryOk'],
  [13_436, 'NotPrimaryOrSecondary'],
]

/** A server needs more than a code to make this one. */
const STALE_CONFIG: readonly (readonly [number, string])[] = [[13_388, 'StaleConfig']]

/** Others, to which servers give none. */
const UNLABELLED: readonly (readonly [number, string])[] = [
  [50, 'MaxTimeMSExpired'],
  [136, 'CappedPositionLost'],
  [216, 'ElectionInProgress'],
  [237, 'CursorKilled'],
  [260, 'InvalidResumeToken'],
  [280, 'ChangeStreamFatalError'],
  [286, 'ChangeStreamHistoryLost'],
  [10_334, 'BSONObjectTooLarge'],
  [11_601, 'Interrupted'],
]

function failGetMore(data: object, times = 1): FailPoint {
  return { configureFailPoint: 'failCommand', times, data: { failCommands: ['getMore'], ...data } }
}

/** What is inserted comes, and the server was asked for what is after the token of its first answer. */
const RESUMES = {
  steps: [insert({ x: 1 })],
  gets: [{ _id: ANY, operationType: 'insert', ns: NS, documentKey: ANY, fullDocument: { _id: ANY, x: 1 } }],
  sends: [opened(), { getMore: ANY, collection: 'coll0' }, opened({ resumeAfter: { _data: ANY } })],
}

function insideGetMore(errors: readonly (readonly [number, string])[]): readonly StreamCase[] {
  return errors.map(([errorCode, name]) => ({
    name: `${name} inside a getMore: the server gives it the label, and the driver resumes`,
    since: ALWAYS,
    failPoint: { configureFailPoint: 'failGetMoreAfterCursorCheckout', times: 1, data: { errorCode } },
    ...RESUMES,
  }))
}

const RESUMED: readonly StreamCase[] = [
  ...insideGetMore(LABELLED),
  ...UNLABELLED.map(
    ([errorCode, name]): StreamCase => ({
      name: `${name} with the label: the driver resumes`,
      since: ALWAYS,
      failPoint: failGetMore({ errorCode, errorLabels: [LABEL] }),
      ...RESUMES,
    }),
  ),
  {
    name: 'CursorNotFound has no label, and the driver resumes',
    since: ALWAYS,
    failPoint: failGetMore({ errorCode: 43 }),
    ...RESUMES,
  },
  {
    name: 'a closed connection: the driver resumes, also twice in a row',
    since: ALWAYS,
    failPoint: failGetMore({ closeConnection: true }, 2),
    options: { batchSize: 1 },
    steps: [insert({ x: 1 }), insert({ x: 2 }), insert({ x: 3 })],
    gets: [1, 2, 3].map((x) => ({ operationType: 'insert', ns: NS, fullDocument: { _id: ANY, x } })),
    sends: [{ ...opened(), cursor: { batchSize: 1 } }],
  },
]

const FAILED: readonly StreamCase[] = [
  ...[...LABELLED, ...UNLABELLED].map(
    ([errorCode, name]): StreamCase => ({
      name: `${name} without the label: the driver does not resume`,
      since: ALWAYS,
      failPoint: failGetMore({ errorCode, errorLabels: [] }),
      fails: { code: errorCode, withoutLabel: LABEL },
    }),
  ),
  {
    name: 'an error before the server has looked for the cursor: no label, so the driver does not resume',
    since: ALWAYS,
    failPoint: failGetMore({ errorCode: 6 }),
    fails: { code: 6, withoutLabel: LABEL },
  },
  {
    name: 'a stage that the server does not have',
    since: ALWAYS,
    pipeline: [{ $unsupported: 'foo' }],
    fails: { code: 40_324 },
    sends: [opened({}, [{ $unsupported: 'foo' }])],
  },
  {
    name: 'an event without its token ends the stream for good',
    since: ALWAYS,
    pipeline: [{ $project: { _id: 0 } }],
    steps: [insert({ z: 3 })],
    fails: { code: 280, label: 'NonResumableChangeStreamError', withoutLabel: LABEL },
  },
  {
    name: 'a changed token ends the stream for good',
    since: ALWAYS,
    pipeline: [{ $project: { _id: 'other', ns: 1 } }],
    steps: [insert({ z: 3 })],
    fails: { code: 280, label: 'NonResumableChangeStreamError' },
  },
  {
    name: 'a server of its own has no change streams',
    since: ALWAYS,
    on: ['standalone'],
    fails: { code: 40_573 },
  },
]

/** Not for servers. */
export const FAKE_ERROR_CASES = insideGetMore(STALE_CONFIG)

export const ERROR_CASES: readonly StreamCase[] = [...RESUMED, ...FAILED]
