import type { LogEvent } from '../../../model/log-event.ts'
import type { Offset } from '../../../model/offset.ts'
import { SideSession } from '../../connect/side-session.ts'
import type { RawTap } from '../../raw-log.ts'
import type { Context, Reader } from '../../source.ts'
import { unusedPatterns } from '../../unused-pattern.ts'
import { MONGODB_DEFAULTS, type MongodbConfig } from '../config.ts'
import {
  connectMongodb,
  connectToServer,
  type MongodbConnection,
  type MongodbSideSession,
} from '../connect/connection.ts'
import { followsPrimary } from '../connect/step-down.ts'
import { ChangeStreamDecoder } from '../decode/change-stream-decoder.ts'
import { hiddenEntries, readCollections } from '../inspect/collections.ts'
import { pointOf, streamPosition } from '../position/position.ts'
import { decide } from '../resume/check-resume.ts'
import { deploymentNotices } from '../resume/deployment-notice.ts'
import { readServerState, refusalOf, type ServerState } from '../resume/server-state.ts'
import { startOf } from '../resume/stream-start.ts'
import { heartbeatCollection, watchedCollections } from '../tables/watched-collections.ts'
import { RawEvents } from './raw-event.ts'
import { StreamFlow } from './stream-flow.ts'
import { StreamOffsets } from './stream-offsets.ts'
import { type StreamStart, watchedRequest } from './stream-request.ts'
import { StreamSource } from './stream-source.ts'

const SIDE_IDLE_MS = 10_000
/** The longest wait of the server for an event. Its answer shows that the connection works. */
const LONGEST_AWAIT_MS = 5000
/** A server that searches through foreign writes says nothing meanwhile. */
const SILENCE_MS = 60_000

/** Connects to the server that the URL chooses. Nothing is checked before `read`. */
export async function openReader(
  config: MongodbConfig,
  context: Context,
  signal: AbortSignal = new AbortController().signal,
  tap: RawTap | null = null,
): Promise<Reader> {
  const { source } = context
  const { target } = await chosenServer(config, source, signal)
  const stream = await connectToServer(config, target, { source, silenceMs: SILENCE_MS, signal })
  const { role } = stream.facts
  if (followsPrimary(config) && (role === 'primary' || role === 'secondary')) stream.endWithPrimary()
  return new MongodbReader(config, context, stream, tap === null ? null : new RawEvents(tap))
}

async function chosenServer(config: MongodbConfig, source: string, signal: AbortSignal) {
  await using chosen = await connectMongodb(config, { source, signal })
  return { target: chosen.target }
}

class MongodbReader implements Reader {
  readonly #config: MongodbConfig
  readonly #context: Context
  readonly #connection: MongodbConnection
  readonly #raw: RawEvents | null
  /** To the server that is read. */
  readonly #side: MongodbSideSession
  #source: StreamSource | null = null

  constructor(config: MongodbConfig, context: Context, connection: MongodbConnection, raw: RawEvents | null) {
    this.#raw = raw
    this.#config = config
    this.#context = context
    this.#connection = connection
    this.#side = new SideSession({
      hosts: [connection.target],
      open: (_, about) => connectToServer(config, connection.target, { source: context.source, ...about }),
      idleCloseMs: SIDE_IDLE_MS,
    })
  }

  async *read(from: Offset | 'now', signal: AbortSignal): AsyncGenerator<readonly LogEvent[]> {
    try {
      yield* this.#events(from, signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** The server stores no position for its readers. */
  acknowledge(_offset: Offset, onSent: () => void): void {
    onSent()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source?.[Symbol.asyncDispose]()
    await Promise.all([this.#connection[Symbol.asyncDispose](), this.#side[Symbol.asyncDispose]()])
  }

  async *#events(from: Offset | 'now', signal: AbortSignal): AsyncGenerator<readonly LogEvent[]> {
    const { source, clock } = this.#context
    const state = await this.#side.use(signal, readServerState)
    const offset = from === 'now' ? startNow(state, clock.nowMs()) : from
    const refusal = from === 'now' ? null : refusalOf(source, offset, state)
    if (refusal !== null) throw refusal
    const stream = this.#stream(startOf(offset), signal)
    this.#source = stream
    const offsets = new StreamOffsets(offset, { server: state.identity, clock })
    const about = { config: this.#config, source }
    const flow = new StreamFlow({
      stream,
      offsets,
      decoder: this.#decoder(offsets),
      raw: this.#raw,
      decide: (error, reached) =>
        this.#side.use(signal, async (side, until) => {
          const now = await readServerState(side, until)
          return await decide(side, { ...about, offset: reached, state: now, error }, until)
        }),
    })
    let isFirst = true
    for await (const events of flow.read(from === 'now' ? [{ type: 'progress', offset, urgent: false }] : [])) {
      yield events
      if (!isFirst) continue
      isFirst = false
      const ofServer = deploymentNotices(this.#context, this.#config, { from, state })
      const notices = [...ofServer, ...(await this.#unusedPatterns(signal))]
      if (notices.length > 0) yield notices
    }
  }

  #stream(start: StreamStart, signal: AbortSignal): StreamSource {
    const { clock, log } = this.#context
    const { connector } = this.#config.heartbeat
    return new StreamSource(watchedRequest(this.#config, start), {
      config: this.#config,
      connection: this.#connection,
      awaitMs: Math.min(connector?.intervalMs ?? LONGEST_AWAIT_MS, LONGEST_AWAIT_MS),
      clock,
      log,
      signal,
    })
  }

  #decoder(offsets: StreamOffsets): ChangeStreamDecoder {
    const heartbeat = heartbeatCollection(this.#config)
    const { deliver } = this.#config.heartbeat.source
    return new ChangeStreamDecoder({
      source: this.#context.source,
      documents: this.#config.envelope?.documents ?? 'debezium',
      isWatched: watchedCollections(this.#config),
      heartbeat: heartbeat === null ? null : { ...heartbeat, deliver },
      isRouter: this.#connection.facts.role === 'mongos',
      startTime: pointOf(offsets.reached.position).time,
      commitOffset: (token, time) => offsets.commit(token, time),
    })
  }

  async #unusedPatterns(signal: AbortSignal): Promise<readonly LogEvent[]> {
    const { tables, exclude } = this.#config
    if (tables.length + exclude.length === 0) return []
    const present = await this.#side.use(signal, (side, until) => readCollections(side, this.#config, until))
    return unusedPatterns(this.#config, present.found, MONGODB_DEFAULTS, hiddenEntries(this.#config, present))
  }
}

/** The offset of a stream that begins with what is written from now on. */
function startNow({ next, identity }: ServerState, atMs: number): Offset {
  const position = streamPosition({ time: next, token: null })
  const moved = { by: 'progress', why: 'the start of the stream: nothing before it was requested', atMs } as const
  return { position, server: identity, memory: {}, moved }
}
