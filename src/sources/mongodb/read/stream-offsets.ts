import type { Clock } from '../../../model/clock.ts'
import type { JsonObject } from '../../../model/json.ts'
import type { Movement, Offset, ServerIdentity } from '../../../model/offset.ts'
import { type ClusterTime, laterTime } from '../position/cluster-time.ts'
import { keptToken } from '../position/key-string-token.ts'
import { MONGODB_POSITIONS, pointOf, streamPosition } from '../position/position.ts'
import type { ResumeToken } from '../position/resume-token.ts'
import { timeInToken } from '../position/token-order.ts'

const NO_MEMORY: JsonObject = {}
const WHY = {
  commit: 'the end of a complete transaction',
  progress: 'the server has sent everything up to here, and no transaction is open',
} as const

/** Creates the offsets of one stream, and knows how far it has come. */
export class StreamOffsets {
  readonly #server: ServerIdentity
  readonly #clock: Pick<Clock, 'nowMs'>
  #reached: Offset
  /** Of the commits in one reply. */
  #moved: Movement
  /** The newest cluster time of an event, for tokens that do not contain their time. */
  #time: ClusterTime

  constructor(
    from: Offset,
    { server, clock }: { readonly server: ServerIdentity; readonly clock: Pick<Clock, 'nowMs'> },
  ) {
    this.#server = server
    this.#clock = clock
    this.#reached = from
    this.#moved = this.#movement('commit')
    this.#time = pointOf(from.position).time
  }

  /** The newest offset that was handed out, or where the stream began. */
  get reached(): Offset {
    return this.#reached
  }

  /** A reply of the server is going to be read. */
  replied(): void {
    this.#moved = this.#movement('commit')
  }

  /** The reply that the newest token is from is going to be left. */
  keep(): void {
    const { token } = pointOf(this.#reached.position)
    if (token !== null) keptToken(token)
  }

  /** After the last event of a transaction. `time`: its cluster time. */
  commit(token: ResumeToken, time: ClusterTime): Offset {
    this.#time = laterTime(this.#time, time)
    this.#reached = {
      position: streamPosition({ time, token }),
      server: this.#server,
      memory: NO_MEMORY,
      moved: this.#moved,
    }
    return this.#reached
  }

  /** Everything up to the token was sent. null: it is not after what was reached, as after a resume at another member. */
  progress(token: ResumeToken, memory: JsonObject = {}): Offset | null {
    const time = timeInToken(token) ?? this.#time
    const order = MONGODB_POSITIONS.compare(streamPosition({ time, token }), this.#reached.position)
    if (order === 'before' || order === 'same') return null
    const moved = this.#movement('progress')
    this.#reached = { position: streamPosition({ time, token }), server: this.#server, memory, moved }
    return this.#reached
  }

  #movement(by: keyof typeof WHY): Movement {
    return { by, why: WHY[by], atMs: this.#clock.nowMs() }
  }
}
