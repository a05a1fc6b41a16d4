import type { MongoClient, Timestamp } from 'mongodb'

/** One document of the busy collection, as it is inserted. */
export const DOCUMENT_BYTES = 1000

interface Mark {
  readonly seconds: number
  readonly bytes: number
}

/** The oplog in bytes, computed from what the demo itself wrote: not every server measures its oplog. */
export class OplogMeter {
  #marks: readonly Mark[] = [{ seconds: 0, bytes: 0 }]
  #writtenBytes = 0

  get writtenBytes(): number {
    return this.#writtenBytes
  }

  /** `time`: the server's time after it. */
  wrote(documents: number, { t }: { readonly t: number }): void {
    this.#writtenBytes += documents * DOCUMENT_BYTES
    this.#marks = [...this.#marks, { seconds: t, bytes: this.#writtenBytes }]
  }

  /** Bytes that were written after this time. */
  bytesAfter(seconds: number): number {
    const before = this.#marks.findLast((mark) => mark.seconds <= seconds)
    return this.#writtenBytes - (before?.bytes ?? 0)
  }
}

/** The seconds of the oldest and of the newest entry. */
export async function oplogEnds(client: MongoClient): Promise<{ readonly first: number; readonly last: number }> {
  const end = async (order: 1 | -1) => {
    const oplog = client.db('local').collection<{ readonly ts: Timestamp }>('oplog.rs')
    const [entry] = await oplog
      .find({}, { projection: { ts: 1 } })
      .sort({ $natural: order })
      .limit(1)
      .toArray()
    return entry?.ts.t ?? 0
  }
  return { first: await end(1), last: await end(-1) }
}
