import { systemClock } from '../../src/cli/program/system-clock.ts'
import { ByteWriter } from '../../src/model/byte-writer.ts'
import type { CommitEvent, LogEvent, NoticeEvent } from '../../src/model/log-event.ts'
import type { Offset } from '../../src/model/offset.ts'
import type { Context, Reader } from '../../src/sources/source.ts'
import { silentLog } from './silent-log.ts'
import { addWaitDiagnostic } from './wait-diagnostic.ts'
import { waitFor } from './wait-for.ts'

export const readingContext: Context = { source: 'shop', log: silentLog, clock: systemClock }

/** A reader that is being read, with all events so far. */
export class Reading implements AsyncDisposable {
  readonly events: LogEvent[] = []
  readonly reader: Reader
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  #failure: unknown = null
  #over = false
  #lastAtMs = performance.now()
  readonly #diagnostic = addWaitDiagnostic('the reader', () => this.#state())

  constructor(reader: Reader, from: Offset | 'now', acknowledges: 'all' | 'none') {
    this.reader = reader
    this.#done = this.#pull(from, acknowledges)
  }

  get commits(): readonly CommitEvent[] {
    return this.events.filter((event) => event.type === 'commit')
  }

  get notices(): readonly NoticeEvent[] {
    return this.events.filter((event) => event.type === 'notice')
  }

  /** The column `id` of all changes, in order. */
  get ids(): readonly number[] {
    return idsOf(this.events)
  }

  /** The offset where the reader began, if it began at 'now'. */
  async firstOffset(): Promise<Offset> {
    const event = await this.until('the first progress', () => this.events.find(({ type }) => type === 'progress'))
    if (event.type !== 'progress') throw new Error('no progress')
    return event.offset
  }

  /** Waits for the condition. Fails with the reader's own error if that comes first. */
  async until<T>(what: string, condition: () => T | Promise<T>): Promise<Exclude<T, false | null | undefined>> {
    return await waitFor({ until: what }, async () => {
      const value = await condition()
      if (value === false || value === null || value === undefined) {
        if (this.#failure !== null) throw this.#failure
        if (this.#over) throw new Error(`the stream ended before ${what}`)
      }
      return value
    })
  }

  /** The error that ends the stream. */
  async failure(): Promise<unknown> {
    await this.#done
    return this.#failure
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
    this.#diagnostic[Symbol.dispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.reader[Symbol.asyncDispose]()
  }

  /**
   * Shows what the reader has so far. What it waits for can be seen in the server's sessions: the last query of its connections, and the
   * state of its walsender.
   */
  #state(): string {
    const types = this.events.map(({ type }) => type)
    const since = `${Math.round(performance.now() - this.#lastAtMs)} ms ago`
    return `${this.#over ? 'over' : 'reading'}, ${types.length} events, the last ${types.at(-1) ?? 'none'} ${since}: ${types.slice(-20).join(' ')}`
  }

  async #pull(from: Offset | 'now', acknowledges: 'all' | 'none'): Promise<void> {
    try {
      for await (const events of this.reader.read(from, this.#stop.signal)) {
        this.events.push(...events)
        this.#lastAtMs = performance.now()
        if (acknowledges === 'none') continue
        for (const event of events) {
          if (event.type === 'commit' || event.type === 'progress')
            this.reader.acknowledge(event.offset, () => undefined)
        }
      }
    } catch (error) {
      this.#failure = error
    } finally {
      this.#over = true
    }
  }
}

/** The column `id` of all changes, in order. */
export function idsOf(events: readonly LogEvent[]): readonly number[] {
  return events.flatMap((event) => {
    if (event.type !== 'change') return []
    const row = event.after ?? event.before
    const { columns } = event.table
    const at = columns.findIndex(({ name }) => name === 'id')
    const [start, end] = [row?.spans[2 * at] ?? -1, row?.spans[2 * at + 1] ?? -1]
    if (row === null || start < 0) return [Number.NaN]
    const to = new ByteWriter(16)
    columns[at]?.write(row.bytes, start, end, to)
    // MongoDB's key is a text.
    return [Number(JSON.parse(to.take().toString()))]
  })
}
