import type { Journal, JournalEntry } from '../journal/journal.ts'
import type { Clock } from '../model/clock.ts'
import { asOffbeatError } from '../model/error.ts'
import type { Logger } from '../model/logger.ts'
import type { Pulse } from '../model/pulse.ts'
import type { SourceStatus } from '../model/source-status.ts'
import { FaultLog } from './fault-log.ts'

/** The maximum number of entries that wait while the journal cannot be written. */
const MOST_WAITING = 120

/**
 * The entries that wait to be written to the journal. The stream continues even if the journal cannot be written. Entries that could not be
 * written are tried again with the next ones, except the status, of which only the newest counts.
 */
export class JournalQueue {
  readonly #source: string
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #fault: FaultLog
  #waiting: JournalEntry[] = []
  /** One append at a time, in order. */
  #writing: Promise<void> = Promise.resolve()

  constructor(options: {
    readonly source: string
    readonly journal: Journal
    readonly clock: Clock
    readonly log: Logger
  }) {
    this.#source = options.source
    this.#journal = options.journal
    this.#clock = options.clock
    this.#fault = new FaultLog(options.log, options.clock)
  }

  add(entry: JournalEntry): void {
    this.#waiting.push(entry)
  }

  /** Replaces a waiting entry for the same pulse. */
  addPulse(pulse: Pulse): void {
    const others = this.#waiting.filter((entry) => entry.type !== 'pulse' || entry.pulse.nonce !== pulse.nonce)
    this.#waiting = [...others, { type: 'pulse', source: this.#source, pulse }]
  }

  /** Writes the waiting entries, with the status at the time of the write (null: none yet). Never rejects. */
  write(status: () => SourceStatus | null): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write(status()))
    return this.#writing
  }

  async #write(status: SourceStatus | null): Promise<void> {
    const source = this.#source
    const entries = this.#waiting
    this.#waiting = []
    if (status !== null) entries.push({ type: 'status', source, status, atMs: this.#clock.nowMs() })
    if (entries.length === 0) return
    try {
      await this.#journal.append(entries)
      this.#fault.isOver('the journal is written again')
    } catch (thrown) {
      const { code, message, found, fix } = asOffbeatError(thrown)
      this.#waiting = [...entries.filter((entry) => entry.type !== 'status'), ...this.#waiting].slice(-MOST_WAITING)
      this.#fault.is({ code, found, fix, message: `cannot write the journal: ${message}` })
    }
  }
}
