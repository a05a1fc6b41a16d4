import { Int32, ObjectId } from 'mongodb'
import { type FakeVersion, wireVersionOf } from './fake-version.ts'
import { timestampOf } from './stream-options.ts'
import type { BsonDocument } from './wire-message.ts'

export type FakeShape = 'replicaSet' | 'mongos' | 'standalone'

export interface HelloFacts {
  readonly shape: FakeShape
  readonly version: FakeVersion
  readonly setName: string
  readonly hosts: readonly string[]
  readonly arbiters: readonly string[]
  readonly me: string
  readonly isReadable: boolean
  readonly isArbiter: boolean
  readonly isHidden: boolean
  /** null: an election is going on. */
  readonly primary: string | null
  readonly term: number
  readonly time: bigint
}

/** Without a topologyVersion, so that the driver asks in intervals and at errors, not in a stream of replies. */
export function helloReply(facts: HelloFacts): BsonDocument {
  const isPrimary = facts.shape !== 'replicaSet' || facts.me === facts.primary
  return {
    helloOk: true,
    ismaster: isPrimary,
    isWritablePrimary: isPrimary,
    ...(facts.shape === 'replicaSet' ? memberOf(facts, isPrimary) : {}),
    ...(facts.shape === 'mongos' ? { msg: 'isdbgrid' } : {}),
    maxBsonObjectSize: 16 * 1024 ** 2,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: 1,
    minWireVersion: 0,
    maxWireVersion: new Int32(wireVersionOf(facts.version)),
    readOnly: false,
    ok: 1,
  }
}

function memberOf(facts: HelloFacts, isPrimary: boolean): BsonDocument {
  const { setName, hosts, arbiters, me, isReadable, isArbiter, isHidden, primary, term, time } = facts
  const lastWriteDate = new Date(Number(time >> 32n) * 1_000)
  const opTime = { ts: timestampOf(time), t: BigInt(term) }
  return {
    setName,
    setVersion: 1,
    hosts,
    ...(arbiters.length === 0 ? {} : { arbiters }),
    me,
    secondary: !isPrimary && isReadable,
    ...(isArbiter ? { arbiterOnly: true } : {}),
    ...(isHidden ? { hidden: true, passive: true } : {}),
    ...(primary === null ? {} : { primary }),
    ...(isPrimary ? { electionId: new ObjectId(`7fffffff${term.toString(16).padStart(16, '0')}`) } : {}),
    lastWrite: { opTime, lastWriteDate, majorityOpTime: opTime, majorityWriteDate: lastWriteDate },
  }
}
