/** One layer 2 write, followed hop by hop. Times are epoch milliseconds; null: not reached yet. */
export interface Pulse {
  readonly nonce: string
  readonly writtenAtMs: number | null
  readonly seenAtMs: number | null
  readonly deliveredAtMs: number | null
  readonly storedAtMs: number | null
  readonly acknowledgedAtMs: number | null
  /** The time of the commit in the log, by the database's clock. */
  readonly committedAtMs: number | null
  /** The code of the error that made the write fail. */
  readonly failedCode: string | null
}

/** The hops in order. A fault names the first one that did not happen. */
export const PULSE_HOPS = ['written', 'seen', 'delivered', 'stored', 'acknowledged'] as const
export type PulseHop = (typeof PULSE_HOPS)[number]
