import type { Socket } from 'node:net'
import type { Clock } from '../../../model/clock.ts'
import type { OffbeatError } from '../../../model/error.ts'
import type { Position } from '../../../model/position.ts'
import { connectionLost } from '../../connect/connection-error.ts'
import type { ServerRequest } from '../../connect/server-request.ts'
import type { DatabaseTarget } from '../../connect/server-target.ts'
import { LogSocket } from '../../stream/log-socket.ts'
import { MessageFramer } from '../../stream/message-framer.ts'
import { protocolIdentifier, protocolLiteral } from '../connect/quoting.ts'
import { FRAMING, kindOf } from '../decode/message-framing.ts'
import { explainStreamError } from '../errors/errors.ts'
import { postgresqlRequest } from '../errors/postgresql-request.ts'
import { parseErrorFields } from '../errors/server-error.ts'
import { readLsn } from '../position.ts'
import { StatusSender } from './status-sender.ts'

const STATUS_EVERY_MS = 10_000
/** Used if `wal_sender_timeout` is off. */
const SILENCE_MS = 60_000

const KIND = {
  copyData: 0x64,
  copyBoth: 0x57,
  copyDone: 0x63,
  commandComplete: 0x43,
  error: 0x45,
  notice: 0x4e,
  parameter: 0x53,
  ready: 0x5a,
  walData: 0x77,
  keepalive: 0x6b,
} as const

export interface StreamStart {
  readonly slot: string
  readonly publication: string
  readonly from: Position
  readonly acknowledged: Position
  /** The server's own setting; 0: the server never times out. */
  readonly walSenderTimeoutMs: number
  /** The server also sends logical messages. */
  readonly messages: boolean
  readonly binary: boolean
}

/** The kind of a message of the stream. For `data`, the plugin's message is in `bytes` from `start` to `end`. */
export type StreamMessage = 'data' | 'keepalive'

/**
 * One logical replication stream over a socket that is logged in. It keeps the connection alive by itself: it sends a status on a timer
 * even if nobody calls `take`. Call `take` for more bytes, and after each call `next` for messages until it returns null.
 */
export class ReplicationStream implements AsyncDisposable {
  readonly #socket: LogSocket
  readonly #target: DatabaseTarget
  readonly #request: ServerRequest
  readonly #framer = new MessageFramer(FRAMING)
  readonly #status: StatusSender
  /** The bytes with which the stream began can also contain its first messages, so `take` returns them once more. */
  #beganWithin = false
  /** From the last keepalive: the server's position, and whether it wants an answer. */
  keepalive: { readonly sent: Position; readonly asks: boolean } | null = null

  constructor(socket: Socket, target: DatabaseTarget, start: StreamStart, clock: Clock) {
    this.#target = target
    const command = startCommand(start)
    this.#request = postgresqlRequest(command, target)
    const timeoutMs = start.walSenderTimeoutMs
    const everyMs = timeoutMs > 0 ? Math.min(STATUS_EVERY_MS, timeoutMs / 3) : STATUS_EVERY_MS
    this.#socket = new LogSocket(socket, {
      target,
      clock,
      everyMs,
      silenceMs: timeoutMs > 0 ? timeoutMs : SILENCE_MS,
      expected: 'a reply was requested',
      onTick: (silentMs) => this.#status.send(silentMs >= everyMs / 2),
    })
    this.#status = new StatusSender({
      write: (message, written) => this.#socket.write(message, written),
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      from: start.acknowledged,
    })
    this.#socket.write(simpleQuery(command))
  }

  get bytes(): Buffer {
    return this.#framer.bytes
  }

  get start(): number {
    return this.#framer.start
  }

  get end(): number {
    return this.#framer.end
  }

  /** Resolves when the server has started to stream; throws if it refuses. */
  async begin(): Promise<void> {
    while (await this.take()) {
      while (this.#framer.advance()) {
        if (kindOf(this.#framer) === KIND.copyBoth) {
          this.#beganWithin = true
          return
        }
        this.#aside()
      }
    }
    throw connectionLost(this.#target, 'the connection ended before the stream began')
  }

  /** Waits for more bytes. false: interrupted. Throws a classified error when the stream has ended. */
  async take(): Promise<boolean> {
    if (this.#beganWithin) {
      this.#beganWithin = false
      return true
    }
    const chunk = await this.#socket.take()
    if (chunk === null) return false
    this.#framer.push(chunk)
    return true
  }

  /** The next message in the bytes that `take` received; null when there is none left. */
  next(): StreamMessage | null {
    const framer = this.#framer
    while (framer.advance()) {
      if (kindOf(framer) !== KIND.copyData) {
        this.#aside()
        continue
      }
      const kind = framer.bytes[framer.start]
      if (kind === KIND.walData && framer.end - framer.start >= 25) {
        framer.start += 25
        return 'data'
      }
      if (kind === KIND.keepalive && framer.end - framer.start >= 18) {
        this.#heed()
        return 'keepalive'
      }
      throw this.#garbled(`CopyData of kind ${kind ?? 'none'} with ${framer.end - framer.start} bytes`)
    }
    return null
  }

  acknowledge(position: Position, onSent: () => void): void {
    this.#status.acknowledge(position, onSent)
  }

  /** Ends the wait: `take` returns false from now on. Acknowledgements are still sent to the server until the stream is disposed. */
  interrupt(): void {
    this.#socket.interrupt()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#status.close()
    // The slot is free as soon as the server has read these messages.
    await this.#socket.close(FAREWELL)
  }

  /** A message that is not part of the stream's content. */
  #aside(): void {
    const kind = kindOf(this.#framer)
    if (kind === KIND.error) {
      const body = this.#framer.bytes.subarray(this.#framer.start, this.#framer.end)
      throw this.#socket.fail(explainStreamError(parseErrorFields(body), this.#target, this.#request))
    }
    if (kind === KIND.copyDone || kind === KIND.commandComplete) this.#socket.expectEnd()
    else if (kind !== KIND.notice && kind !== KIND.parameter && kind !== KIND.ready) {
      throw this.#garbled(`a message of kind ${kind}`)
    }
  }

  #heed(): void {
    const { bytes, start } = this.#framer
    const sent = readLsn(bytes, start + 1)
    const asks = bytes[start + 17] === 1
    this.keepalive = { sent, asks }
    if (asks) this.#status.answer(sent)
  }

  #garbled(found: string): OffbeatError {
    return this.#socket.failGarbled(found, 'data or a keepalive')
  }
}

/** CopyDone, then Terminate. */
const FAREWELL = Buffer.from([KIND.copyDone, 0, 0, 0, 4, 0x58, 0, 0, 0, 4])

/** The publication's name is an identifier inside a string literal. */
function startCommand({ slot, publication, from, messages, binary }: StreamStart): string {
  const names = protocolLiteral(protocolIdentifier(publication))
  const options = `${messages ? ", messages 'true'" : ''}${binary ? ", binary 'true'" : ''}`
  return `START_REPLICATION SLOT ${protocolIdentifier(slot)} LOGICAL ${from} (proto_version '1', publication_names ${names}${options})`
}

/** 'Q', length, text, zero. */
function simpleQuery(text: string): Buffer {
  const body = Buffer.from(`${text}\0`)
  const header = Buffer.alloc(5)
  header[0] = 0x51
  header.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}
