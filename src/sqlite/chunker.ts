import { INDEX_FIELDS, type PackedBatch } from './packed-batch.ts'

/** Consecutive messages of one topic, as a row of `chunk`. See schema.ts for the layout. */
export interface Chunk {
  readonly topic: string
  readonly firstSeq: number
  readonly messages: number
  readonly layout: string
  /** Valid until the next chunk is passed to `take`. */
  readonly body: Uint8Array
}

/** A message larger than this gets a chunk of its own. The limit is small so that reading one message does not load much. */
const CHUNK_BYTES = 64 * 1024
const CHUNK_MESSAGES = 1000

/** Groups a batch by topic into chunks and passes each to `take`. Messages are numbered from `firstSeq` on. */
export function chunkBatch(batch: PackedBatch, firstSeq: number, take: (chunk: Chunk) => void): void {
  const drafts = batch.topics.map((topic) => new Draft(topic))
  const { index, blocks } = batch
  for (let at = 0, seq = firstSeq; at < index.length; at += INDEX_FIELDS, seq++) {
    const draft = numbered(drafts, index[at])
    const block = numbered(blocks, index[at + 1])
    const keyAt = index[at + 2] ?? 0
    const valueAt = index[at + 3] ?? 0
    const end = index[at + 4] ?? 0
    if (draft.isFull(end - keyAt)) draft.flush(take)
    draft.add(block, keyAt, valueAt, end, seq, index[at + 5] ?? 0)
  }
  for (const draft of drafts) draft.flush(take)
}

class Draft {
  readonly #topic: string
  #firstSeq = 0
  #messages = 0
  #bytes = 0
  #layout = ''
  readonly #runs: Run[] = []

  constructor(topic: string) {
    this.#topic = topic
  }

  isFull(more: number): boolean {
    return this.#messages > 0 && (this.#bytes + more > CHUNK_BYTES || this.#messages >= CHUNK_MESSAGES)
  }

  add(block: Uint8Array, keyAt: number, valueAt: number, end: number, seq: number, tsMs: number): void {
    if (this.#messages === 0) this.#firstSeq = seq
    const entry = `${seq - this.#firstSeq},${this.#bytes},${valueAt - keyAt},${end - valueAt},${tsMs}`
    this.#layout += this.#messages === 0 ? `[[${entry}]` : `,[${entry}]`
    this.#messages++
    this.#bytes += end - keyAt
    const last = this.#runs.at(-1)
    if (last !== undefined && last.block === block && last.end === keyAt) last.end = end
    else this.#runs.push({ block, start: keyAt, end })
  }

  flush(take: (chunk: Chunk) => void): void {
    if (this.#messages === 0) return
    const body = joined(this.#runs, this.#bytes)
    const layout = `${this.#layout}]`
    take({ topic: this.#topic, firstSeq: this.#firstSeq, messages: this.#messages, layout, body })
    this.#messages = 0
    this.#bytes = 0
    this.#layout = ''
    this.#runs.length = 0
  }
}

/** Part of a block whose messages follow each other without a gap. */
interface Run {
  readonly block: Uint8Array
  readonly start: number
  end: number
}

let scratch = new Uint8Array(CHUNK_BYTES)

function joined(runs: readonly Run[], length: number): Uint8Array {
  const [only] = runs
  if (only !== undefined && runs.length === 1) return only.block.subarray(only.start, only.end)
  if (scratch.length < length) scratch = new Uint8Array(length)
  let at = 0
  for (const { block, start, end } of runs) {
    scratch.set(block.subarray(start, end), at)
    at += end - start
  }
  return scratch.subarray(0, length)
}

function numbered<T>(values: readonly T[], index: number | undefined): T {
  const value = values[index ?? -1]
  if (value === undefined) throw new RangeError(`packed batch names number ${index}, but has ${values.length}`)
  return value
}
