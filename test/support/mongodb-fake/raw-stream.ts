import { type ClientSession, type Document, Long, MongoClient } from 'mongodb'

export interface RawBatch {
  readonly events: readonly Document[]
  /** The `_data` of the post-batch resume token. */
  readonly token: string
  /** '0' after the stream has ended. */
  readonly cursorId: string
}

/** A change stream by explicit commands, without what the driver's own change stream does at errors. */
export class RawStream implements AsyncDisposable {
  readonly #client: MongoClient
  readonly #session: ClientSession
  readonly #ns: string
  #cursorId = '0'

  /** `ns`: 'database.collection', or 'database', or '' for the whole deployment. */
  constructor(url: string, ns = '') {
    this.#client = new MongoClient(url, { maxPoolSize: 1, promoteLongs: false })
    this.#session = this.#client.startSession()
    this.#ns = ns
  }

  async open(options: Document = {}, stages: readonly Document[] = [], batchSize = 0): Promise<RawBatch> {
    const { db, coll } = this.#target()
    const $changeStream = { ...(this.#ns === '' ? { allChangesForCluster: true } : {}), ...options }
    const pipeline = [{ $changeStream }, ...stages]
    return await this.#run(db, { aggregate: coll ?? 1, pipeline, cursor: { batchSize } })
  }

  async more(options: Document = {}): Promise<RawBatch> {
    const { db, coll } = this.#target()
    const collection = coll ?? '$cmd.aggregate'
    return await this.#run(db, { getMore: Long.fromString(this.#cursorId), collection, maxTimeMS: 20, ...options })
  }

  #target(): { readonly db: string; readonly coll: string | undefined } {
    const [db = '', ...coll] = this.#ns.split('.')
    return { db: db === '' ? 'admin' : db, coll: coll.length === 0 ? undefined : coll.join('.') }
  }

  async #run(db: string, command: Document): Promise<RawBatch> {
    const { cursor } = await this.#client.db(db).command(command, { session: this.#session })
    this.#cursorId = String(cursor.id)
    return {
      events: cursor.firstBatch ?? cursor.nextBatch,
      token: cursor.postBatchResumeToken._data,
      cursorId: this.#cursorId,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.endSession()
    await this.#client.close()
  }
}
