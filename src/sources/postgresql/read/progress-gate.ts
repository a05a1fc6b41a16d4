import type { JsonObject } from '../../../model/json.ts'
import type { LogEvent, ProgressEvent } from '../../../model/log-event.ts'
import type { Movement, ServerIdentity } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import { lsnToBigint } from '../position.ts'

const WHY_SENT = 'the server has decoded and sent everything up to here, and no transaction is open'

/**
 * Turns the server's keepalives into progress. A keepalive's position can be before the last commit or inside the next transaction. So it
 * counts only while no transaction is open, and progress never goes back. The position can be acknowledged; reading must not skip to it.
 */
export class ProgressGate {
  readonly #server: ServerIdentity
  readonly #nowMs: () => number
  readonly #memory: () => JsonObject
  #reached: bigint

  constructor(
    from: { readonly from: Position; readonly server: ServerIdentity },
    nowMs: () => number,
    memory: () => JsonObject,
  ) {
    this.#reached = lsnToBigint(from.from)
    this.#server = from.server
    this.#nowMs = nowMs
    this.#memory = memory
  }

  committed(endLsn: bigint): void {
    if (endLsn > this.#reached) this.#reached = endLsn
  }

  /** Pushes progress. It replaces a progress event at the end of `into`, since only the newest matters. */
  keepalive(sent: Position, asks: boolean, into: LogEvent[]): void {
    const lsn = lsnToBigint(sent)
    if (lsn < this.#reached) return
    this.#reached = lsn
    const last = into.at(-1)
    const urgent = asks || (last?.type === 'progress' && last.urgent)
    if (last?.type === 'progress') into.pop()
    into.push(this.#progress(sent, urgent))
  }

  #progress(position: Position, urgent: boolean): ProgressEvent {
    const moved: Movement = { by: 'progress', why: WHY_SENT, atMs: this.#nowMs() }
    return { type: 'progress', offset: { position, server: this.#server, memory: this.#memory(), moved }, urgent }
  }
}
