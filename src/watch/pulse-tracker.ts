import type { Clock } from '../model/clock.ts'
import type { Fix } from '../model/fix.ts'
import { parseNonce } from '../model/nonce.ts'
import type { Position } from '../model/position.ts'
import type { Pulse } from '../model/pulse.ts'
import type { BrokenHop } from '../model/source-status.ts'
import { findBrokenHop, type TrackedPulse } from './broken-hop.ts'

export interface PulseTrackerOptions {
  /** The source's own name. A pulse whose nonce names another source counts as foreign. */
  readonly source: string
  readonly intervalMs: number
  readonly clock: Clock
  /** Called with every change of a pulse, so that the journal can keep it. */
  readonly onPulse: (pulse: Pulse) => void
  /** Whether the stored offset is at or after this position. */
  readonly hasPassed: (position: Position) => boolean
  /** What to run if a pulse is written and not seen, from the source's definition. */
  readonly unseenFix: readonly Fix[]
  /** What the database calls a row. */
  readonly rowWord: string
  /** A job writes the layer 2 heartbeats: every pulse in the log counts as one that came back. */
  readonly byJob?: boolean
}

/**
 * If more beats than this are pending, the oldest is forgotten. If it still arrives, it is tracked as a new pulse that this process did not
 * send.
 */
const MOST_TRACKED = 1024

/**
 * Tracks layer 2 pulses hop by hop, several at a time: `writing` when the beat is sent, `written` or `failed` when the database answered,
 * `seen` when it appears in the log (possibly before the answer), then `delivered`, `stored` and `acknowledged` for all pulses that were
 * seen before an offset. After the first hop, times are measured with the monotonic clock, so that a jump of the wall clock distorts none
 * of them.
 */
export class PulseTracker {
  readonly #options: PulseTrackerOptions
  readonly #startedMs: number
  readonly #tracked = new Map<string, TrackedPulse>()
  /** The nonces of our beats that were sent and that the database has not answered. */
  readonly #unanswered = new Set<string>()
  #seen = 0
  #latest: TrackedPulse | null = null
  #lastSeen: TrackedPulse | null = null
  /** The send time of the newest of our own beats that appeared in the log. */
  #newestBeatSeenMs = Number.NEGATIVE_INFINITY
  #lastFailure: TrackedPulse | null = null
  /** What is known about pulses that do not arrive. */
  #silence: { readonly found: string; readonly fix: readonly Fix[] } | null = null

  constructor(options: PulseTrackerOptions) {
    this.#options = options
    this.#startedMs = options.clock.monotonicMs()
  }

  /** The beat is about to be sent. The round trip starts here. */
  writing(nonce: string): void {
    const tracked = this.#track(nonce)
    tracked.sentMs = tracked.baseMs
    this.#unanswered.add(nonce)
  }

  /** The database has committed the beat, at or before `reached`; null: it does not report a position. */
  written(nonce: string, reached: Position | null): void {
    const tracked = this.#answered(nonce)
    this.#lastFailure = null
    if (tracked === null) return
    tracked.reached = reached
    this.#markWritten(tracked)
    this.#report(tracked)
  }

  /** The beat failed. `fix` is what to run, and `message` is what happened. If the log shows the beat later, it was written after all. */
  failed(nonce: string, code: string, fix: readonly Fix[] = [], message: string | null = null): void {
    const tracked = this.#answered(nonce)
    if (tracked === null || tracked.pulse.seenAtMs !== null) return
    tracked.pulse = { ...tracked.pulse, failedCode: code }
    tracked.failureFix = fix
    tracked.failureMessage = message
    this.#lastFailure = tracked
    this.#report(tracked)
  }

  /** The heartbeat row appeared in the log. If `nonce` is null, a job or another connector wrote it; it still counts as a pulse. */
  seen(nonce: string | null, committedAtMs: number | null): void {
    const ours = nonce !== null && parseNonce(nonce)?.source === this.#options.source
    const key = ours ? nonce : this.#foreignKey(committedAtMs)
    const tracked = this.#tracked.get(key) ?? this.#track(key)
    tracked.seenIndex = ++this.#seen
    tracked.seenMs ??= this.#monotonicMs()
    tracked.pulse = {
      ...tracked.pulse,
      seenAtMs: this.#wallMs(tracked, tracked.seenMs),
      committedAtMs,
      failedCode: null,
    }
    // A beat of another connector, of a job or one sent by hand shows that the log moves. It says nothing about the round trip of our own
    // beats.
    if (tracked.sentMs !== null) this.#beatCameBack(tracked, tracked.sentMs)
    else if (this.#options.byJob === true) this.#lastSeen = tracked
    this.#silence = null
    this.#report(tracked)
  }

  /** The number of pulses seen so far, which tells how many a batch that ends here covers. */
  get seenCount(): number {
    return this.#seen
  }

  /** The messages of all of the first `seenCount` pulses have been delivered to the sink. */
  delivered(seenCount: number): void {
    for (const tracked of this.#upTo(seenCount)) {
      if (tracked.pulse.deliveredAtMs !== null) continue
      tracked.pulse = { ...tracked.pulse, deliveredAtMs: this.#wallMs(tracked) }
      this.#report(tracked)
    }
  }

  /** The offset that covers all of the first `seenCount` pulses is durable, and so is what was delivered for it. */
  stored(seenCount: number): void {
    for (const tracked of this.#upTo(seenCount)) {
      if (tracked.storedMs !== null) continue
      tracked.storedMs = this.#monotonicMs()
      const storedAtMs = this.#wallMs(tracked, tracked.storedMs)
      tracked.pulse = { ...tracked.pulse, deliveredAtMs: tracked.pulse.deliveredAtMs ?? storedAtMs, storedAtMs }
      this.#report(tracked)
    }
  }

  /** The position was acknowledged to the server. If the server keeps none for us, call it with what was stored. */
  acknowledged(seenCount: number): void {
    for (const tracked of this.#upTo(seenCount)) {
      if (tracked.storedMs === null) continue
      tracked.pulse = { ...tracked.pulse, acknowledgedAtMs: this.#wallMs(tracked) }
      this.#tracked.delete(tracked.pulse.nonce)
      this.#report(tracked)
    }
  }

  /** The stream restarts from the stored offset: pulses that were seen and not stored will be seen again. */
  streamRestarted(): void {
    for (const tracked of this.#tracked.values()) {
      if (tracked.storedMs === null) tracked.seenIndex = null
    }
  }

  /** An inspection of the source found out why pulses do not arrive. */
  silentBecause(silence: { readonly found: string; readonly fix: readonly Fix[] }): void {
    this.#silence = silence
  }

  /** The first hop that is overdue by more than three intervals, or a failed beat; null: layer 2 works. */
  broken(): BrokenHop | null {
    return findBrokenHop({
      tracked: this.#tracked.values(),
      lastFailure: this.#lastFailure,
      newestBeatSeenMs: this.#newestBeatSeenMs,
      nowMs: this.#monotonicMs(),
      overdueMs: 3 * this.#options.intervalMs,
      unseenFix: this.#options.unseenFix,
      rowWord: this.#options.rowWord,
      hasPassed: this.#options.hasPassed,
      silence: this.#silence,
      job: this.#options.byJob === true ? { silentMs: this.sinceCameBackMs() } : null,
    })
  }

  /** The newest of our pulses that was written. */
  latest(): Pulse | null {
    return this.#latest?.pulse ?? null
  }

  /** The newest pulse of this process that came back. */
  lastSeen(): Pulse | null {
    return this.#lastSeen?.pulse ?? null
  }

  /** The time since a pulse came back, or since the start if none has, by the monotonic clock. */
  sinceCameBackMs(): number {
    return this.#monotonicMs() - (this.#lastSeen?.seenMs ?? this.#startedMs)
  }

  /** null: the beat went through all hops before the database answered, and is not tracked any more. */
  #answered(nonce: string): TrackedPulse | null {
    const wasSent = this.#unanswered.delete(nonce)
    return this.#tracked.get(nonce) ?? (wasSent ? null : this.#track(nonce))
  }

  #beatCameBack(tracked: TrackedPulse, sentMs: number): void {
    this.#lastSeen = tracked
    this.#markWritten(tracked)
    this.#newestBeatSeenMs = Math.max(this.#newestBeatSeenMs, sentMs)
    if (this.#lastFailure !== null && (this.#lastFailure.sentMs ?? sentMs) <= sentMs) this.#lastFailure = null
  }

  #markWritten(tracked: TrackedPulse): void {
    if (tracked.pulse.writtenAtMs !== null) return
    tracked.sentMs ??= tracked.baseMs
    tracked.pulse = { ...tracked.pulse, writtenAtMs: this.#wallMs(tracked, tracked.sentMs), failedCode: null }
    if (tracked.sentMs >= (this.#latest?.sentMs ?? tracked.sentMs)) this.#latest = tracked
  }

  #track(nonce: string): TrackedPulse {
    const tracked: TrackedPulse = {
      pulse: { ...NEW_PULSE, nonce },
      baseMs: this.#monotonicMs(),
      baseWallMs: this.#options.clock.nowMs(),
      sentMs: null,
      seenMs: null,
      storedMs: null,
      seenIndex: null,
      reached: null,
      failureFix: [],
      failureMessage: null,
    }
    this.#tracked.set(nonce, tracked)
    if (this.#tracked.size > MOST_TRACKED) this.#forgetOldest()
    return tracked
  }

  #forgetOldest(): void {
    const oldest = this.#tracked.keys().next()
    if (!oldest.done) this.#tracked.delete(oldest.value)
  }

  /** The same key if the same transaction is sent again, so that the journal keeps one entry. */
  #foreignKey(committedAtMs: number | null): string {
    return committedAtMs === null ? `job:seen-${this.#options.clock.nowMs()}-${this.#seen}` : `job:${committedAtMs}`
  }

  *#upTo(seenCount: number): Iterable<TrackedPulse> {
    for (const tracked of this.#tracked.values()) {
      if (tracked.seenIndex !== null && tracked.seenIndex <= seenCount) yield tracked
    }
  }

  #monotonicMs(): number {
    return this.#options.clock.monotonicMs()
  }

  #wallMs(tracked: TrackedPulse, atMs: number = this.#monotonicMs()): number {
    return Math.round(tracked.baseWallMs + (atMs - tracked.baseMs))
  }

  #report(tracked: TrackedPulse): void {
    this.#options.onPulse(tracked.pulse)
  }
}

const NEW_PULSE: Omit<Pulse, 'nonce'> = {
  writtenAtMs: null,
  seenAtMs: null,
  deliveredAtMs: null,
  storedAtMs: null,
  acknowledgedAtMs: null,
  committedAtMs: null,
  failedCode: null,
}
