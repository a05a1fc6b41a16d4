import type { Collection, Document } from 'mongodb'
import { ALWAYS } from './event-cases.ts'
import type { FailPoint, Requirement } from './unified-case.ts'

/* Which writes drivers send a second time, with the same number, and after which errors. */

export interface WriteCase extends Requirement {
  readonly name: string
  readonly failPoint: FailPoint
  readonly write: keyof typeof WRITES
  /** How often it is sent. */
  readonly sent: number
  /** Absent: it succeeds. */
  readonly fails?: { readonly hasLabel: boolean | 'either' }
  /** Whether the documents are changed in the end. */
  readonly isDone: boolean
}

export type Shop = Collection<Document & { _id: number }>

export const BEFORE = [
  { _id: 1, x: 11 },
  { _id: 2, x: 22 },
]

/** Each write, the command that it becomes, and the documents after it. */
export const WRITES = {
  insertOne: {
    command: 'insert',
    run: async (shop: Shop) => void (await shop.insertOne({ _id: 3, x: 33 })),
    after: [...BEFORE, { _id: 3, x: 33 }],
  },
  insertMany: {
    command: 'insert',
    run: async (shop: Shop) => void (await shop.insertMany([3, 4].map((_id) => ({ _id })))),
    after: [...BEFORE, { _id: 3 }, { _id: 4 }],
  },
  updateOne: {
    command: 'update',
    run: async (shop: Shop) => void (await shop.updateOne({ _id: 1 }, { $inc: { x: 1 } })),
    after: [
      { _id: 1, x: 12 },
      { _id: 2, x: 22 },
    ],
  },
  upsert: {
    command: 'update',
    run: async (shop: Shop) => void (await shop.updateOne({ _id: 3 }, { $set: { x: 33 } }, { upsert: true })),
    after: [...BEFORE, { _id: 3, x: 33 }],
  },
  replaceOne: {
    command: 'update',
    run: async (shop: Shop) => void (await shop.replaceOne({ _id: 1 }, { x: 111 })),
    after: [
      { _id: 1, x: 111 },
      { _id: 2, x: 22 },
    ],
  },
  deleteOne: {
    command: 'delete',
    run: async (shop: Shop) => void (await shop.deleteOne({ _id: 1 })),
    after: [{ _id: 2, x: 22 }],
  },
  deleteMany: {
    command: 'delete',
    run: async (shop: Shop) => void (await shop.deleteMany({ _id: 1 })),
    after: [{ _id: 2, x: 22 }],
  },
} as const

const LABEL = 'RetryableWriteError'
const ONES = ['insertOne', 'insertMany', 'updateOne', 'upsert', 'replaceOne', 'deleteOne'] as const

/** After these a write can be sent again. */
export const RETRYABLE: readonly (readonly [number, string])[] = [
  [6, 'HostUnreachable'],
  [7, 'HostNotFound'],
  [89, 'NetworkTimeout'],
  [91, 'ShutdownInProgress'],
  [189, 'PrimarySteppedDown'],
  [262, 'ExceededTimeLimit'],
  [9001, 'SocketException'],
  [10_107, 'NotWritablePrimary'],
  [11_600, 'InterruptedAtShutdown'],
  [11_602, 'InterruptedDueToReplStateChange'],
  [13_435, 'NotPrimaryNoSecondaryOk'],
  [13_436, 'NotPrimaryOrSecondary'],
]

function fail(write: keyof typeof WRITES, data: object, times = 1): FailPoint {
  return { configureFailPoint: 'failCommand', times, data: { failCommands: [WRITES[write].command], ...data } }
}

export const WRITE_CASES: readonly WriteCase[] = [
  ...ONES.flatMap((write): WriteCase[] => [
    {
      name: `${write}: a closed connection, and it is sent again`,
      since: ALWAYS,
      failPoint: fail(write, { closeConnection: true }),
      write,
      sent: 2,
      isDone: true,
    },
    {
      name: `${write}: two closed connections are an error`,
      since: ALWAYS,
      failPoint: fail(write, { closeConnection: true }, 2),
      write,
      sent: 2,
      fails: { hasLabel: true },
      isDone: false,
    },
    {
      name: `${write}: the label alone decides, with an error that usually has none`,
      since: ALWAYS,
      failPoint: fail(write, { errorCode: 112, errorLabels: [LABEL] }),
      write,
      sent: 2,
      isDone: true,
    },
    {
      name: `${write}: the label alone decides, without it on an error that usually has it`,
      since: ALWAYS,
      failPoint: fail(write, { errorCode: 11_600, errorLabels: [] }),
      write,
      sent: 1,
      fails: { hasLabel: false },
      isDone: false,
    },
  ]),
  ...RETRYABLE.map(
    ([errorCode, name]): WriteCase => ({
      name: `upsert: ${name}, to which the server gives the label, and it is sent again`,
      since: ALWAYS,
      failPoint: fail('upsert', { errorCode }),
      write: 'upsert',
      sent: 2,
      isDone: true,
    }),
  ),
  {
    name: 'upsert: Interrupted has no label',
    since: ALWAYS,
    failPoint: fail('upsert', { errorCode: 11_601 }),
    write: 'upsert',
    sent: 1,
    fails: { hasLabel: false },
    isDone: false,
  },
  ...[91, 189, 11_600, 11_602].map(
    (code): WriteCase => ({
      name: `updateOne: done, and the error ${code} of its write concern has the label: it is sent again, and done once`,
      since: ALWAYS,
      failPoint: fail('updateOne', { writeConcernError: { code, errmsg: 'shut down' }, errorLabels: [LABEL] }),
      write: 'updateOne',
      sent: 2,
      isDone: true,
    }),
  ),
  {
    name: 'updateOne: done, and the error of its write concern has the label twice',
    since: ALWAYS,
    notSecantusdb: 'answers a repeated write without its fail points',
    failPoint: fail('updateOne', { writeConcernError: { code: 91, errmsg: 'shut down' }, errorLabels: [LABEL] }, 2),
    write: 'updateOne',
    sent: 2,
    fails: { hasLabel: true },
    isDone: true,
  },
  {
    name: 'updateOne: done, and an error of its write concern without the label',
    since: ALWAYS,
    failPoint: fail('updateOne', { writeConcernError: { code: 64, errmsg: 'timed out' } }),
    write: 'updateOne',
    sent: 1,
    fails: { hasLabel: false },
    isDone: true,
  },
  {
    name: 'deleteMany has no number, so it is not sent again',
    since: ALWAYS,
    failPoint: fail('deleteMany', { closeConnection: true }),
    write: 'deleteMany',
    sent: 1,
    fails: { hasLabel: 'either' },
    isDone: false,
  },
]
