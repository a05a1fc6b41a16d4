import type { Socket } from 'node:net'
import type { Clock } from '../../../model/clock.ts'
import type { OffbeatError } from '../../../model/error.ts'
import type { ServerTarget } from '../../connect/server-target.ts'
import { LogSocket, streamEnded } from '../../stream/log-socket.ts'
import { explainDumpError } from '../errors/dump-error.ts'
import { PacketFramer } from './packet-framer.ts'

const EVENT = 0x00
const END = 0xfe
const REFUSED = 0xff
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
  readonly #socket: LogSocket
  readonly #target: ServerTarget
  readonly #framer = new PacketFramer()
  /** While the server looks for where it has to begin it says nothing, however long that takes. */
  #hasBegun = false
  /** The piece that has the server's consent can have its first events too: it is taken once more. */
  #beganWithin = false

  constructor(socket: Socket, target: ServerTarget, { command, heartbeatMs, clock }: BinlogStreamStart) {
    this.#target = target
    this.#socket = new LogSocket(socket, {
      target,
      clock,
      everyMs: heartbeatMs,
      silenceMs: HEARTBEATS_MISSED * heartbeatMs,
      expected: `it was asked for a heartbeat every ${heartbeatMs} ms`,
      isOwed: () => this.#hasBegun,
    })
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
    const chunk = await this.#socket.take()
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
    if (bytes[start] !== EVENT || end === start) throw this.#aside(bytes.subarray(start, end))
    this.#framer.start += 1
    return true
  }

  /** The server is past its search for the beginning: from now on its silence is that of a broken connection. */
  expectHeartbeats(): void {
    this.#hasBegun = true
  }

  /** Ends waiting: `take` gives false from now on. */
  interrupt(): void {
    this.#socket.interrupt()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A server in a dump reads nothing: there is no farewell.
    await this.#socket.close(null)
  }

  /** A message that is no event. */
  #aside(message: Buffer): OffbeatError {
    if (message[0] === REFUSED) return this.#socket.fail(explainDumpError(message, this.#target))
    if (message[0] === END) return this.#socket.fail(streamEnded(this.#target))
    const found = `a message of kind ${message[0] ?? 'none'} with ${message.length} bytes`
    return this.#socket.failGarbled(found, 'an event of the binary log')
  }
}
