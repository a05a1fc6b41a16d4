import type { Socket } from 'node:net'
import type { Clock } from '../../../model/clock.ts'
import type { OffbeatError } from '../../../model/error.ts'
import type { ServerTarget } from '../../connect/server-target.ts'
import { LogSocket, streamEnded } from '../../stream/log-socket.ts'
import { explainDumpError } from '../errors/dump-error.ts'
import { PacketFramer } from './packet-framer.ts'

/** The first byte of an answer, and of each event. */
const OK = 0x00
const EVENT = 0x00
const END = 0xfe
const REFUSED = 0xff
const HEARTBEATS_MISSED = 3

export interface BinlogStreamStart {
  /** The packet that requests the dump. */
  readonly command: Buffer
  /** The packet that registers the reader before that. */
  readonly registration?: Buffer
  /** The heartbeat period that was requested from the server. */
  readonly heartbeatMs: number
  readonly clock: Clock
  /** The dump was requested up to the end of the log only: `take` then returns false. */
  readonly endsAtHead?: true
}

/**
 * A dump of the binary log over a socket that is already logged in. Call `take` to wait for a chunk, then `next` for each event in it until
 * it returns false. The event is in `bytes` from `start` to `end`. If nobody calls `take`, the server has to wait.
 */
export class BinlogStream implements AsyncDisposable {
  readonly #socket: LogSocket
  readonly #target: ServerTarget
  readonly #framer = new PacketFramer()
  /** While the server searches for the starting position, it sends nothing, however long that takes. */
  #hasBegun = false
  /** The chunk that confirmed the dump can already contain events, so `take` returns it once more. */
  #beganWithin = false
  readonly #endsAtHead: boolean
  /** The next message is the answer to the registration. */
  #isRegistering: boolean
  #hasEnded = false

  constructor(socket: Socket, target: ServerTarget, start: BinlogStreamStart) {
    const { command, registration, heartbeatMs, clock, endsAtHead = false } = start
    this.#target = target
    this.#endsAtHead = endsAtHead
    this.#socket = new LogSocket(socket, {
      target,
      clock,
      everyMs: heartbeatMs,
      silenceMs: HEARTBEATS_MISSED * heartbeatMs,
      expected: `it was asked for a heartbeat every ${heartbeatMs} ms`,
      isOwed: () => this.#hasBegun || endsAtHead,
    })
    if (registration !== undefined) this.#socket.write(registration)
    this.#isRegistering = registration !== undefined
    this.#socket.write(command)
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

  /** Resolves when the server begins to send. Throws the server's error if it refuses. false: interrupted. */
  async begin(): Promise<boolean> {
    while (await this.take()) {
      if (!this.next()) continue
      this.#beganWithin = true
      return true
    }
    return false
  }

  /** Waits for more bytes. false: interrupted, or at the requested end. Throws a classified error when the stream has ended. */
  async take(): Promise<boolean> {
    if (this.#beganWithin) return true
    if (this.#hasEnded) return false
    const chunk = await this.#socket.take()
    if (chunk === null) return false
    this.#framer.push(chunk)
    return true
  }

  /** Moves to the next event in the received bytes. false: there is no complete one left. */
  next(): boolean {
    if (this.#beganWithin) {
      this.#beganWithin = false
      return true
    }
    if (!this.#framer.advance()) return false
    if (this.#isRegistering) {
      this.#isRegistering = false
      const answer = this.#framer.bytes[this.#framer.start]
      // A refusal says only that the password was right or not (1045). The dump is refused with the missing privilege.
      if (answer === OK || answer === REFUSED) return this.next()
    }
    const { bytes, start, end } = this.#framer
    if (this.#endsAtHead && bytes[start] === END) {
      this.#hasEnded = true
      return false
    }
    if (bytes[start] !== EVENT || end === start) throw this.#aside(bytes.subarray(start, end))
    this.#framer.start += 1
    return true
  }

  /** Call this when the server has found the starting position. From now on its silence means a broken connection. */
  expectHeartbeats(): void {
    this.#hasBegun = true
  }

  /** Stops waiting: `take` returns false from now on. */
  interrupt(): void {
    this.#socket.interrupt()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // During a dump the server reads nothing, so there is no goodbye to send.
    await this.#socket.close(null)
  }

  /** Handles a message that is not an event. */
  #aside(message: Buffer): OffbeatError {
    if (message[0] === REFUSED) return this.#socket.fail(explainDumpError(message, this.#target))
    if (message[0] === END) return this.#socket.fail(streamEnded(this.#target))
    const found = `a message of kind ${message[0] ?? 'none'} with ${message.length} bytes`
    return this.#socket.failGarbled(found, 'an event of the binary log')
  }
}
