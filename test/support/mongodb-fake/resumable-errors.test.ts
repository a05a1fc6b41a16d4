import { MongoClient, type MongoServerError } from 'mongodb'
import { describe, expect, test } from 'vitest'
import type { FakeVersion } from './fake-hello.ts'
import { fakeMongodb } from './fake-mongodb.ts'
import { reply } from './fault.ts'

/**
 * When drivers resume a change stream after a failed getMore, by the specification of change streams for servers since MongoDB 4.4: after
 * any error with the label ResumableChangeStreamError, and after CursorNotFound. The real driver decides here, so a wrong label of the fake,
 * or a reply that the driver takes differently, fails a row.
 */
interface Row {
  readonly code: number
  /** Absent: those that the server gives. */
  readonly labels?: readonly string[]
  readonly driver: 'resumes' | 'fails'
}

const LABEL = ['ResumableChangeStreamError']

const ROWS: readonly Row[] = [
  // HostUnreachable, HostNotFound, NetworkTimeout, ShutdownInProgress, PrimarySteppedDown, ExceededTimeLimit, SocketException,
  // NotWritablePrimary, InterruptedAtShutdown, InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary,
  // StaleShardVersion, StaleEpoch, StaleConfig, RetryChangeStream, FailedToSatisfyReadPreference
  ...[6, 7, 89, 91, 189, 262, 9001, 10_107, 11_600, 11_602, 13_435, 13_436, 63, 150, 13_388, 234, 133].flatMap(
    (code): Row[] => [
      { code, driver: 'resumes' },
      { code, labels: [], driver: 'fails' },
    ],
  ),
  // CursorNotFound, with and without a label
  { code: 43, driver: 'resumes' },
  { code: 43, labels: [], driver: 'resumes' },
  // MaxTimeMSExpired, CappedPositionLost, CursorKilled, Interrupted, BSONObjectTooLarge
  ...[50, 136, 237, 11_601, 10_334].flatMap((code): Row[] => [
    { code, driver: 'fails' },
    { code, labels: LABEL, driver: 'resumes' },
  ]),
  // InvalidResumeToken, ChangeStreamFatalError, ChangeStreamHistoryLost
  ...[260, 280, 286].map((code): Row => ({ code, driver: 'fails' })),
]

const VERSIONS: readonly FakeVersion[] = ['4.4', '8.0']

describe.each(VERSIONS)('server %s', (version) => {
  test.concurrent.each(ROWS)('getMore fails with $code, labels $labels', async ({ code, labels, driver }) => {
    await using fake = await fakeMongodb({ version })
    await using client = new MongoClient(fake.url('', { heartbeatFrequencyMS: '500' }))
    await using stream = client.db('shop').watch([], { maxAwaitTimeMS: 20 })
    expect(await stream.tryNext()).toBeNull()
    fake.onNext('getMore', reply.error(code, labels === undefined ? {} : { labels }))
    const opened = () => fake.received.filter(({ name }) => name === 'aggregate').length
    const before = opened()
    expect(await outcomeOf(stream.tryNext())).toBe(driver === 'resumes' ? 'resumes' : code)
    expect(opened() - before).toBe(driver === 'resumes' ? 1 : 0)
  })
})

async function outcomeOf(next: Promise<unknown>): Promise<'resumes' | number> {
  try {
    await next
    return 'resumes'
  } catch (error) {
    return Number((error as MongoServerError).code)
  }
}
