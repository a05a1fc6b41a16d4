import { BSON } from 'mongodb'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import type { LogEvent, NoticeEvent } from '../../src/model/log-event.ts'
import type { Offset } from '../../src/model/offset.ts'
import { type MongodbConfig, mongodbConfig } from '../../src/sources/mongodb/config.ts'
import { connectToServer, type MongodbConnection } from '../../src/sources/mongodb/connect/connection.ts'
import { parseAddress } from '../../src/sources/mongodb/connect/mongodb-target.ts'
import { eventAt } from '../../src/sources/mongodb/decode/cursor-reply.ts'
import { streamPosition } from '../../src/sources/mongodb/position/position.ts'
import type { BatchDecoder } from '../../src/sources/mongodb/read/batch-decoder.ts'
import { StreamFlow } from '../../src/sources/mongodb/read/stream-flow.ts'
import { StreamOffsets } from '../../src/sources/mongodb/read/stream-offsets.ts'
import { watchedRequest } from '../../src/sources/mongodb/read/stream-request.ts'
import { StreamSource } from '../../src/sources/mongodb/read/stream-source.ts'
import { tokenOf } from '../../src/sources/mongodb/read/token-document.ts'
import { decide } from '../../src/sources/mongodb/resume/check-resume.ts'
import { readServerState } from '../../src/sources/mongodb/resume/server-state.ts'
import { startOf } from '../../src/sources/mongodb/resume/stream-start.ts'
import type { FakeMongodb } from './mongodb-fake/fake-mongodb.ts'
import { silentLog } from './silent-log.ts'
import { waitFor } from './wait-for.ts'

const never = new AbortController().signal

export function fakeConfig(fake: FakeMongodb, entry: Readonly<Record<string, unknown>> = {}): MongodbConfig {
  return mongodbConfig.parse({ kind: 'mongodb', url: fake.url(), tls: { mode: 'disable' }, ...entry })
}

export async function connectToFake(
  fake: FakeMongodb,
  config: MongodbConfig,
  about: { readonly silenceMs?: number } = {},
): Promise<MongodbConnection> {
  const [host = ''] = fake.hosts
  return await connectToServer(config, parseAddress(host), { source: 'shop', signal: never, ...about })
}

/** The flow of a stream of the fake, without the decoding of documents. */
export class FakeFlow implements AsyncDisposable {
  readonly events: LogEvent[] = []
  /** How many events came at once. */
  readonly parts: number[] = []
  /** The operation and the id of each event. */
  readonly seen: string[] = []
  readonly #stop = new AbortController()
  readonly #resources: AsyncDisposableStack
  readonly #done: Promise<void>
  #error: unknown = null
  #isOver = false

  private constructor(
    resources: AsyncDisposableStack,
    flow: (signal: AbortSignal) => AsyncGenerator<readonly LogEvent[]>,
  ) {
    this.#resources = resources
    this.#done = this.#read(flow(this.#stop.signal))
  }

  static async open(
    fake: FakeMongodb,
    config: MongodbConfig,
    from: Offset | 'now',
    about: { readonly silenceMs?: number } = {},
  ): Promise<FakeFlow> {
    const resources = new AsyncDisposableStack()
    const connection = resources.use(await connectToFake(fake, config, about))
    const side = resources.use(await connectToFake(fake, config))
    const state = await readServerState(side, never)
    const moved = { by: 'progress', why: 'the start', atMs: 0 } as const
    const offset =
      from === 'now'
        ? { position: streamPosition({ time: state.next, token: null }), server: state.identity, memory: {}, moved }
        : from
    const offsets = new StreamOffsets(offset, { server: state.identity, clock: systemClock })
    const self: FakeFlow = new FakeFlow(resources, (signal) => {
      const options = { config, connection, awaitMs: 20, clock: systemClock, log: silentLog, signal }
      const stream = resources.use(new StreamSource(watchedRequest(config, startOf(offset)), options))
      const flow = new StreamFlow({
        stream,
        offsets,
        decoder: plainDecoder(offsets, (text) => self.seen.push(text)),
        raw: null,
        decide: (error, reached) => decide(side, { config, source: 'shop', offset: reached, state, error }, signal),
      })
      return flow.read(from === 'now' ? [{ type: 'progress', offset, urgent: false }] : [])
    })
    return self
  }

  get notices(): readonly NoticeEvent[] {
    return this.events.filter((event) => event.type === 'notice')
  }

  /** The offsets that were handed out. */
  get offsets(): readonly Offset[] {
    return this.events.flatMap((event) => (event.type === 'commit' || event.type === 'progress' ? [event.offset] : []))
  }

  get last(): Offset {
    const offset = this.offsets.at(-1)
    if (offset === undefined) throw new Error('no offset was handed out')
    return offset
  }

  /** Waits for the condition. Fails with the error of the stream if that comes first. */
  async until(what: string, condition: () => boolean): Promise<void> {
    await waitFor({ until: what }, () => {
      if (condition()) return true
      if (this.#error !== null) throw this.#error
      if (this.#isOver) throw new Error(`the stream ended before ${what}`)
      return false
    })
  }

  async failure(): Promise<unknown> {
    await this.#done
    return this.#error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#done
    await this.#resources[Symbol.asyncDispose]()
  }

  async #read(flow: AsyncGenerator<readonly LogEvent[]>): Promise<void> {
    try {
      // The first pull must not come before the constructor has returned.
      await Promise.resolve()
      for await (const events of flow) {
        this.events.push(...events)
        this.parts.push(events.length)
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#error = error
    } finally {
      this.#isOver = true
    }
  }
}

/** Each event is a transaction of its own. */
function plainDecoder(offsets: StreamOffsets, see: (text: string) => void): BatchDecoder {
  return {
    isOpen: false,
    transaction: null,
    decode(bytes, start, into) {
      const event = BSON.deserialize(eventAt(bytes, start))
      if (event['operationType'] !== 'create')
        see(`${event['operationType']} ${event['documentKey']?._id ?? event['ns']?.coll ?? ''}`.trim())
      if (event['operationType'] === 'invalidate') return
      const { t: seconds, i: increment } = event['clusterTime']
      const offset = offsets.commit(tokenOf(BSON, event['_id']), { seconds, increment })
      into.push({ type: 'begin', transaction: null, committedAtMs: null }, { type: 'commit', offset })
    },
    endBatch() {
      // Nothing is open.
    },
  }
}
