import type { Writable } from 'node:stream'
import { OffbeatError } from '../../model/error.ts'
import type { Batch } from '../../model/message.ts'
import type { Outlet } from '../sink.ts'
import { type LineOptions, messageLines, PLAIN_LINES } from './message-lines.ts'

/** Node.js writes to a file in one call, which accepts at most 2 GiB and does not report how much was written. */
const PIECE_BYTES = 64 * 1024 * 1024

/**
 * One JSON line for each message. A batch counts as delivered when the operating system has accepted it, so a slow reader of a pipe slows
 * the connector down. Printed output cannot be taken back: a transaction larger than a batch is printed in parts, and is printed again in
 * full when the connector stops before its end. A reader that closes the output causes OUTPUT_CLOSED. The stream itself is not closed.
 */
export class StdoutOutlet implements Outlet {
  /** The lines are copies. */
  readonly returnsBytes = true
  readonly #stream: Writable
  readonly #options: LineOptions
  #failed: Error | null = null
  readonly #remember = (error: Error): void => {
    this.#failed = error
  }

  constructor(stream: Writable, options: LineOptions = PLAIN_LINES) {
    this.#stream = stream
    this.#options = options
    stream.on('error', this.#remember)
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#failed !== null) throw outputError(this.#failed)
    const lines = messageLines(batch.messages, this.#options)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      this.#write(lines, (error) => (error ? reject(outputError(error)) : resolve()))
      await promise
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Writes all pieces at once, so that no line is left partly printed. The end of the last piece is the end of the write. */
  #write(lines: Buffer, done: (error?: Error | null) => void): void {
    let at = 0
    for (; lines.length - at > PIECE_BYTES; at += PIECE_BYTES) this.#stream.write(lines.subarray(at, at + PIECE_BYTES))
    this.#stream.write(lines.subarray(at), done)
  }

  /** Keeps the error listener: a pending write can still fail, and without a listener the error would be unhandled. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

function outputError(error: Error): OffbeatError {
  const systemCode = 'code' in error ? String(error.code) : error.name
  if (systemCode === 'EPIPE' || systemCode === 'ERR_STREAM_DESTROYED' || systemCode === 'ECONNRESET') {
    return new OffbeatError('OUTPUT_CLOSED', {
      message: 'Standard output was closed by its reader.',
      found: systemCode,
    })
  }
  return new OffbeatError('OUTPUT_FAILED', {
    message: 'Writing to standard output failed.',
    found: systemCode,
    cause: error,
  })
}
