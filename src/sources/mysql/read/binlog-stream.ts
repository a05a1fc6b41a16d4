import type { Socket } from 'node:net'
import type { Clock } from '../../../model/clock.ts'
import { OffbeatError } from '../../../model/error.ts'
import { connectionLost } from '../../connect/connection-error.ts'
import { nodeCodeOf } from '../../connect/node-error.ts'
import { address, type ServerTarget } from '../../connect/server-target.ts'
import { closed } from '../../connect/socket.ts'
import { PacedSocket } from '../../stream/paced-socket.ts'
import { explainDumpError } from '../errors/dump-error.ts'
import { PacketFramer } from './packet-framer.ts'

const EVENT = 0x00
const END = 0xfe
const REFUSED = 0xff
/** A server that is short of processor time is late with its heartbeats. */
const SHORTEST_SILENCE_MS = 4000
const HEARTBEATS_MISSED = 3

export interface BinlogStreamStart {
  /** The packet of the dump. */
  readonly command: Buffer
  /** How often the server has been asked to speak. */
  readonly heartbeatMs: number
  readonly clock: Clock
}

/**
 * A dump of the binary log over a socket that has been logged in already. `take` pieces, and after each `next` events until false; an event
 * lies in `bytes` from `start` to `end`. While nobody takes, the server waits.
 */
export class BinlogStream implements AsyncDisposable {
  readonly #socket: Socket
  readonly #target: ServerTarget
  readonly #paced: PacedSocket
  readonly #framer = new PacketFramer()
  readonly #clock: Clock
  readonly #heartbeatMs: number
  readonly #timer: NodeJS.Timeout
  #tickedAtMs: number
  #broken: OffbeatError | null = null
  /** While the server looks for where it has to begin it says nothing, however long that takes. */
  #hasBegun = false
  /** The piece that has the server's consent can have its first events too: it is taken once more. */
  #beganWithin = false

  constructor(socket: Socket, target: ServerTarget, { command, heartbeatMs, clock }: BinlogStreamStart) {
    this.#socket = socket
    this.#target = target
    this.#paced = new PacedSocket(socket, () => clock.monotonicMs())
    this.#clock = clock
    this.#heartbeatMs = heartbeatMs
    this.#tickedAtMs = clock.monotonicMs()
    this.#timer = setInterval(() => this.#tick(), heartbeatMs)
    socket.write(command)
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

  /** Resolves when the server has begun to send; throws its refusal. false: interrupted. */
  async begin(): Promise<boolean> {
    while (await this.take()) {
      if (!this.next()) continue
      this.#beganWithin = true
      return true
    }
    return false
  }

  /** Waits for more bytes. false: interrupted. Throws a classified error when the stream is over. */
  async take(): Promise<boolean> {
    if (this.#beganWithin) return true
    const chunk = await this.#chunk()
    if (chunk === null) return false
    this.#framer.push(chunk)
    return true
  }

  /** The next event among the bytes taken; false when they are used up. */
  next(): boolean {
    if (this.#beganWithin) {
      this.#beganWithin = false
      return true
    }
    if (!this.#framer.advance()) return false
    const { bytes, start, end } = this.#framer
    if (bytes[start] !== EVENT || end === start) throw this.#fail(this.#aside(bytes.subarray(start, end)))
    this.#framer.start += 1
    return true
  }

  /** The server is past its search for the beginning: from now on its silence is that of a broken connection. */
  expectHeartbeats(): void {
    this.#hasBegun = true
  }

  /** Ends waiting: `take` gives false from now on. */
  interrupt(): void {
    this.#paced.interrupt()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#paced.interrupt()
    // A server in a dump reads nothing: there is no farewell.
    this.#socket.destroy()
    await closed(this.#socket)
  }

  async #chunk(): Promise<Buffer | null> {
    try {
      const chunk = await this.#paced.take()
      if (chunk !== null || this.#paced.isInterrupted) return chunk
    } catch (error) {
      throw this.#fail(this.#broken ?? connectionLost(this.#target, nodeCodeOf(error) ?? 'the connection ended'))
    }
    throw this.#fail(connectionLost(this.#target, 'the server closed the connection without an error message'))
  }

  /** A message that is no event. */
  #aside(message: Buffer): OffbeatError {
    if (message[0] === REFUSED) return explainDumpError(message, this.#target)
    if (message[0] === END)
      return new OffbeatError('DATABASE_STOPPING', {
        message: `the server ${address(this.#target)} ended the stream`,
        found: 'the end of the stream, by the server',
      })
    return new OffbeatError('DATABASE_STREAM_BROKEN', {
      message: 'the stream does not follow the protocol',
      found: `a message of kind ${message[0] ?? 'none'} with ${message.length} bytes`,
      expected: 'an event of the binary log',
    })
  }

  #fail(error: OffbeatError): OffbeatError {
    this.#broken ??= error
    return this.#broken
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs()
    // After a time in which we were not let run, what has come waits unread: it is not silence.
    const wasAsleep = nowMs - this.#tickedAtMs > 2 * this.#heartbeatMs
    this.#tickedAtMs = nowMs
    const { silentMs } = this.#paced
    if (!this.#hasBegun || wasAsleep) return
    if (silentMs <= Math.max(SHORTEST_SILENCE_MS, HEARTBEATS_MISSED * this.#heartbeatMs)) return
    const found = `the server sent nothing for ${Math.round(silentMs / 1000)} s, though it was asked for a heartbeat every ${this.#heartbeatMs} ms`
    this.#fail(connectionLost(this.#target, found))
    this.#socket.destroy()
  }
}
