import type { ChangeStreamOptions, Collection, Document, MongoClient } from 'mongodb'
import { expect } from 'vitest'
import { ALWAYS } from './event-cases.ts'
import type { Requirement } from './unified-case.ts'

/* What the specifications demand in words: of resume tokens, of sessions, of the cluster's time. */

export interface ProseCase extends Requirement {
  readonly name: string
  /** It makes commands fail. */
  readonly fails?: true
  /** Options of `coll0`. */
  readonly collection?: Document
  readonly run: (stage: Stage) => Promise<void>
}

interface Stage {
  readonly client: MongoClient
  readonly coll: Collection<Document & { _id: number }>
  /** The commands of the client so far, and the replies to them. */
  readonly sent: readonly Document[]
  readonly replies: readonly Document[]
  /** Run by another client. */
  readonly command: (command: Document) => Promise<void>
  /** Makes as many of these commands fail as are named. */
  readonly fail: (commands: readonly string[], data: Document) => Promise<void>
}

const AWAIT: ChangeStreamOptions = { maxAwaitTimeMS: 50 }
const RESUMABLE = { errorCode: 6, errorLabels: ['ResumableChangeStreamError'] }

function inserting(...ids: readonly number[]): Document {
  const documents = ids.map((_id) => ({ _id }))
  return { insert: 'coll0', documents, writeConcern: { w: 'majority' } }
}

function named(commands: readonly Document[], name: string): readonly Document[] {
  return commands.filter((command) => name in command)
}

function stageOf(command: Document | undefined): Document {
  return command?.['pipeline'][0].$changeStream
}

function lastToken(replies: readonly Document[]): unknown {
  return replies.findLast(({ cursor }) => cursor?.postBatchResumeToken !== undefined)?.['cursor'].postBatchResumeToken
}

/** The token of an event that others follow. */
async function tokenBefore({ coll, command }: Stage, ...ids: readonly number[]): Promise<unknown> {
  await using stream = coll.watch([], AWAIT)
  await stream.tryNext()
  await command(inserting(0))
  const { _id } = await stream.next()
  if (ids.length > 0) await command(inserting(...ids))
  return _id
}

const TOKENS: readonly ProseCase[] = [
  {
    name: 'before the first event, the token is that of the last empty batch',
    since: ALWAYS,
    async run({ coll, replies }) {
      await using stream = coll.watch([], AWAIT)
      expect(await stream.tryNext()).toBeNull()
      expect(stream.resumeToken).toEqual({ _data: expect.any(String) })
      expect(stream.resumeToken).toEqual(lastToken(replies))
    },
  },
  {
    name: 'inside a batch, the token is that of the event that was taken, and at its end that of the batch',
    since: ALWAYS,
    async run(stage) {
      const startAfter = await tokenBefore(stage, 1, 2, 3)
      await using stream = stage.coll.watch([], { ...AWAIT, startAfter })
      for (const id of [1, 2, 3]) {
        const event = await stream.next()
        expect(event).toMatchObject({ documentKey: { _id: id } })
        expect(stream.resumeToken).toEqual(id < 3 ? event._id : lastToken(stage.replies))
      }
    },
  },
  ...(['startAfter', 'resumeAfter'] as const).map(
    (option): ProseCase => ({
      name: `with a batch of which nothing was taken, the token is that of ${option}`,
      since: ALWAYS,
      async run(stage) {
        const token = await tokenBefore(stage, 1)
        await using stream = stage.coll.watch([], { ...AWAIT, [option]: token })
        expect(await stream.hasNext()).toBe(true)
        expect(stream.resumeToken).toEqual(token)
      },
    }),
  ),
  {
    name: 'a stream that began with startAfter is resumed with it until it has had an event',
    since: ALWAYS,
    fails: true,
    async run(stage) {
      const startAfter = await tokenBefore(stage)
      await using stream = stage.coll.watch([], { ...AWAIT, startAfter })
      await stage.fail(['getMore'], RESUMABLE)
      expect(await stream.tryNext()).toBeNull()
      expect(stageOf(named(stage.sent, 'aggregate').at(-1))).toEqual({ startAfter: { _data: expect.any(String) } })
      await stage.command(inserting(1))
      expect(await stream.next()).toMatchObject({ documentKey: { _id: 1 } })
      await stage.fail(['getMore'], RESUMABLE)
      expect(await stream.tryNext()).toBeNull()
      expect(stageOf(named(stage.sent, 'aggregate').at(-1))).toEqual({ resumeAfter: { _data: expect.any(String) } })
    },
  },
  {
    name: 'a stream is resumed with its own pipeline and options',
    since: ALWAYS,
    fails: true,
    async run({ coll, fail, sent }) {
      const match = { $match: { operationType: 'insert' } }
      await using stream = coll.watch([match], {
        ...AWAIT,
        fullDocument: 'updateLookup',
        batchSize: 7,
        comment: 'mine',
      })
      await fail(['getMore'], RESUMABLE)
      expect(await stream.tryNext()).toBeNull()
      const [first, second, third] = named(sent, 'aggregate')
      expect(third).toBeUndefined()
      expect(stageOf(second)).toEqual({ fullDocument: 'updateLookup', resumeAfter: { _data: expect.any(String) } })
      for (const command of [first, second])
        expect(command).toMatchObject({ cursor: { batchSize: 7 }, comment: 'mine', pipeline: [{}, match] })
    },
  },
  {
    name: 'a stream that cannot be opened is not resumed, whatever label the error has',
    since: ALWAYS,
    fails: true,
    async run({ coll, fail, sent }) {
      await fail(['aggregate'], { ...RESUMABLE, errorCode: 133 })
      await using stream = coll.watch([], AWAIT)
      await expect(stream.tryNext()).rejects.toMatchObject({ code: 133 })
      expect(named(sent, 'aggregate')).toHaveLength(1)
    },
  },
  {
    name: 'an error of killCursors does not prevent a stream from being resumed',
    since: ALWAYS,
    fails: true,
    async run({ coll, fail, sent, command }) {
      await using stream = coll.watch([], AWAIT)
      await fail(['getMore', 'killCursors'], RESUMABLE)
      expect(await stream.tryNext()).toBeNull()
      expect(named(sent, 'killCursors')).toHaveLength(1)
      await command(inserting(1))
      expect(await stream.next()).toMatchObject({ documentKey: { _id: 1 } })
    },
  },
  {
    name: 'an event of more than 16 MB is split',
    since: [7, 0],
    notSecantusdb: 'has no limit of 16 MB',
    collection: { changeStreamPreAndPostImages: { enabled: true } },
    async run({ coll, command }) {
      const value = (letter: string) => letter.repeat(10 * 1024 ** 2)
      await command({ insert: 'coll0', documents: [{ _id: 1, value: value('q') }] })
      const pipeline = [{ $changeStreamSplitLargeEvent: {} }]
      await using stream = coll.watch(pipeline, { ...AWAIT, fullDocumentBeforeChange: 'required' })
      await stream.tryNext()
      await command({ update: 'coll0', updates: [{ q: {}, u: { $set: { value: value('z') } } }] })
      const parts = [await stream.next(), await stream.next()]
      expect(parts.map(({ splitEvent }) => splitEvent)).toEqual([
        { fragment: 1, of: 2 },
        { fragment: 2, of: 2 },
      ])
    },
  },
]

const SESSIONS: readonly ProseCase[] = [
  {
    name: 'the commands of a stream have one session, and those of another stream another one',
    since: ALWAYS,
    async run({ coll, sent }) {
      for (const round of [0, 1]) {
        const [one, other] = [coll.watch([], AWAIT), coll.watch([], AWAIT)]
        for (const stream of [one, other]) expect(await stream.tryNext(), String(round)).toBeNull()
        for (const stream of [one, other]) await stream.close()
      }
      const sessions = ['aggregate', 'getMore', 'killCursors'].map((name) =>
        named(sent, name)
          .slice(0, 2)
          .map(({ lsid }) => String(lsid.id)),
      )
      expect(sessions[1]).toEqual(sessions[0])
      expect(sessions[2]).toEqual(sessions[0])
      expect(new Set(sessions[0]).size).toBe(2)
    },
  },
  {
    name: 'the commands of a stream have the session that is given',
    since: ALWAYS,
    async run({ client, coll, sent }) {
      await using session = client.startSession()
      const stream = coll.watch([], { ...AWAIT, session })
      expect(await stream.tryNext()).toBeNull()
      await stream.close()
      for (const name of ['aggregate', 'getMore', 'killCursors'])
        expect(named(sent, name)).toMatchObject([{ lsid: session.id }])
    },
  },
  {
    name: 'reads and writes have the session that is given, or one of their own',
    since: ALWAYS,
    async run({ client, coll, sent }) {
      await using session = client.startSession()
      for (const options of [{ session }, {}]) {
        await coll.insertOne({ _id: options.session === undefined ? 1 : 2 }, options)
        await coll.updateOne({ _id: 1 }, { $set: { x: 1 } }, options)
        await coll.deleteOne({ _id: 1 }, options)
        await coll.findOne({ _id: 1 }, options)
      }
      const commands = sent.filter(({ lsid }) => lsid !== undefined)
      expect(commands).toHaveLength(8)
      const ids = commands.map(({ lsid }) => String(lsid.id))
      expect(new Set(ids.slice(0, 4))).toEqual(new Set([String(session.id?.id)]))
      expect(ids.slice(4)).not.toContain(String(session.id?.id))
    },
  },
  {
    name: 'each command has the newest cluster time that the server has sent',
    since: ALWAYS,
    async run({ client, coll, sent, replies }) {
      await client.db('admin').command({ ping: 1 })
      await coll.insertOne({ _id: 1 })
      await coll.findOne({ _id: 1 })
      await client.db('admin').command({ ping: 1 })
      expect(sent).toHaveLength(4)
      for (const [at, command] of sent.slice(1).entries()) {
        const told = replies[at]?.['$clusterTime'].clusterTime
        expect(command['$clusterTime'].clusterTime.greaterThanOrEqual(told)).toBe(true)
      }
    },
  },
  {
    name: 'a server of its own has no cluster time',
    since: ALWAYS,
    on: ['standalone'],
    async run({ client, sent, replies }) {
      await client.db('admin').command({ ping: 1 })
      await client.db('admin').command({ ping: 1 })
      for (const message of [...sent, ...replies]) expect(message).not.toHaveProperty('$clusterTime')
    },
  },
]

export const PROSE_CASES: readonly ProseCase[] = [...TOKENS, ...SESSIONS]
