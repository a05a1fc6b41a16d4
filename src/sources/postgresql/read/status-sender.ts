import type { Position } from '../../../model/position.ts'
import { lsnToBigint } from '../position.ts'

/** Acknowledgements that follow within this time are sent together. */
const PROMPT_MS = 50
/**
 * The server asks again at once whenever an answer does not satisfy it (during a shutdown, until its last position is acknowledged). So
 * answers without news are sent at most at this rate.
 */
const ANSWER_EVERY_MS = 250
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1)
const STATUS_BYTES = 1 + 4 + 34

export interface StatusOptions {
  readonly write: (message: Buffer, written: () => void) => void
  readonly nowMs: () => number
  readonly monotonicMs: () => number
  /** What was acknowledged before. */
  readonly from: Position
}

/** Reports our position to the server: never further than what `acknowledge` received, and never back. */
export class StatusSender {
  readonly #options: StatusOptions
  #acknowledged: bigint
  #waiting: (() => void)[] = []
  /** The position whose acknowledgement the server waits for. */
  #awaited: bigint | null = null
  #timer: NodeJS.Timeout | null = null
  #timerIsPrompt = false
  #sentAtMs = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(options: StatusOptions) {
    this.#options = options
    this.#acknowledged = lsnToBigint(options.from)
  }

  acknowledge(position: Position, onSent: () => void): void {
    const lsn = lsnToBigint(position)
    if (lsn > this.#acknowledged) this.#acknowledged = lsn
    this.#waiting.push(onSent)
    if (this.#awaited !== null && this.#acknowledged >= this.#awaited) this.send(false)
    else this.#sendIn(PROMPT_MS)
  }

  /** Call when the server asks for an answer, having sent everything up to `position`. */
  answer(position: Position): void {
    const lsn = lsnToBigint(position)
    if (lsn > this.#acknowledged) this.#awaited = lsn
    const waitMs = this.#sentAtMs + ANSWER_EVERY_MS - this.#options.monotonicMs()
    if (waitMs <= 0) this.send(false)
    else this.#sendIn(waitMs)
  }

  /** With `ask`, the server answers with the position up to which it has sent. */
  send(ask: boolean): void {
    if (this.#closed) return
    this.#stopTimer()
    this.#sentAtMs = this.#options.monotonicMs()
    if (this.#awaited !== null && this.#acknowledged >= this.#awaited) this.#awaited = null
    const waiting = this.#waiting
    this.#waiting = []
    this.#options.write(this.#status(ask), () => {
      for (const onSent of waiting) onSent()
    })
  }

  /** Sends what is still pending, then nothing more. */
  close(): void {
    if (this.#waiting.length > 0) this.send(false)
    this.#stopTimer()
    this.#closed = true
  }

  #sendIn(ms: number): void {
    if (this.#closed) return
    const prompt = ms <= PROMPT_MS
    if (this.#timer !== null && (this.#timerIsPrompt || !prompt)) return
    this.#stopTimer()
    this.#timerIsPrompt = prompt
    this.#timer = setTimeout(() => this.send(false), ms)
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  /**
   * Standby status update inside CopyData: 'r', three positions of eight bytes (written, flushed, applied: ours are the same), the time in
   * microseconds since 2000, and 1 if an answer is wanted.
   */
  #status(ask: boolean): Buffer {
    const message = Buffer.alloc(STATUS_BYTES)
    message[0] = 0x64
    message.writeUInt32BE(STATUS_BYTES - 1, 1)
    message[5] = 0x72
    for (const at of [6, 14, 22]) message.writeBigUInt64BE(this.#acknowledged, at)
    message.writeBigInt64BE(BigInt(Math.round(this.#options.nowMs() - POSTGRES_EPOCH_MS)) * 1000n, 30)
    message[38] = ask ? 1 : 0
    return message
  }
}
