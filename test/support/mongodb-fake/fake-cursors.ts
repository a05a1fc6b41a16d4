import { Binary, BSON } from 'mongodb'
import { ChangeStream, type StreamServer } from './change-stream.ts'
import { isDocument } from './document-match.ts'
import { ServerError } from './server-error.ts'
import { streamOptions } from './stream-options.ts'
import type { BsonDocument } from './wire-message.ts'

interface Cursor {
  readonly stream: ChangeStream
  readonly ns: string
  readonly session: string
}

const FIRST_BATCH = 101
/** How long a getMore without maxTimeMS waits. */
const AWAIT_MS = 1_000

/** The cursors of one node. */
export class FakeCursors {
  readonly #server: StreamServer
  readonly #cursors = new Map<bigint, Cursor>()
  #interruption = new AbortController()
  #lastId = 0x7000_0000_0000_0000n

  constructor(server: StreamServer) {
    this.#server = server
  }

  get count(): number {
    return this.#cursors.size
  }

  /** null: the aggregate is no change stream. */
  aggregate(command: BsonDocument): BsonDocument | null {
    const options = streamOptions(command, this.#server.wireVersion)
    if (options === null) return null
    const stream = new ChangeStream(this.#server, options)
    const ns = `${String(command['$db'])}.${options.coll ?? '$cmd.aggregate'}`
    const cursor = { stream, ns, session: sessionOf(command) }
    const asked = isDocument(command['cursor']) ? command['cursor']['batchSize'] : undefined
    const size = Number(asked ?? FIRST_BATCH)
    if (size > 0) stream.examine()
    this.#lastId += 1n
    this.#cursors.set(this.#lastId, cursor)
    return this.#reply(this.#lastId, cursor, 'firstBatch', size)
  }

  /** Waits for an event as long as the command says. `gone`: the client has closed its connection. */
  async getMore(command: BsonDocument, gone: AbortSignal): Promise<BsonDocument> {
    const id = BigInt(String(command['getMore']))
    const cursor = this.#cursor(id, command)
    const interruption = this.#interruption.signal
    await this.#awaitEvent(cursor.stream, Number(command['maxTimeMS'] ?? AWAIT_MS), [interruption, gone])
    if (interruption.aborted) throw new ServerError(11_602, 'operation was interrupted')
    return this.#reply(id, cursor, 'nextBatch', Number(command['batchSize'] ?? Number.POSITIVE_INFINITY))
  }

  async #awaitEvent(stream: ChangeStream, maxMs: number, ends: readonly AbortSignal[]): Promise<void> {
    const end = AbortSignal.any([AbortSignal.timeout(maxMs), ...ends])
    while (!end.aborted && !stream.examine()) await this.#server.oplog.next(end)
  }

  #cursor(id: bigint, command: BsonDocument): Cursor {
    const cursor = this.#cursors.get(id)
    if (cursor === undefined || cursor.ns !== `${String(command['$db'])}.${String(command['collection'])}`)
      throw new ServerError(43, `cursor id ${id} not found`)
    const session = sessionOf(command)
    if (session === cursor.session) return cursor
    const code = session === '' ? 50_737 : 50_738
    throw new ServerError(code, `Cannot run getMore on cursor ${id}, which was created in session ${cursor.session}`)
  }

  #reply(id: bigint, { stream, ns }: Cursor, name: 'firstBatch' | 'nextBatch', size: number): BsonDocument {
    const { events, postBatchToken, ended } = stream.batch(size)
    if (ended) this.#cursors.delete(id)
    return {
      cursor: { [name]: events, postBatchResumeToken: { _data: postBatchToken }, id: ended ? 0n : id, ns },
      ok: 1,
    }
  }

  kill(ids: readonly unknown[]): BsonDocument {
    const known = ids.filter((id) => this.#cursors.delete(BigInt(String(id))))
    const unknown = ids.filter((id) => !known.includes(id))
    return { cursorsKilled: known, cursorsNotFound: unknown, cursorsAlive: [], cursorsUnknown: [], ok: 1 }
  }

  /** All cursors die, and commands that wait are interrupted. */
  interrupt(): void {
    this.#cursors.clear()
    this.#interruption.abort()
    this.#interruption = new AbortController()
  }
}

/** '' without a session. */
export function sessionOf(command: BsonDocument): string {
  const lsid = command['lsid']
  const id = isDocument(lsid) ? lsid['id'] : undefined
  return id instanceof Binary
    ? Buffer.from(id.buffer).toString('hex')
    : BSON.EJSON.stringify(id ?? '').replaceAll('"', '')
}
