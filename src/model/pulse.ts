/** One layer 2 write followed hop by hop; times in epoch milliseconds, null: not there yet. */
export interface Pulse {
  readonly nonce: string
  readonly writtenAtMs: number | null
  readonly seenAtMs: number | null
  readonly deliveredAtMs: number | null
  readonly storedAtMs: number | null
  readonly acknowledgedAtMs: number | null
  /** The commit's time in the log, the database's clock. */
  readonly committedAtMs: number | null
  /** Why the write failed: the error's code. */
  readonly failedCode: string | null
}

/** The hops in their order; a fault names the first one that did not happen. */
export const PULSE_HOPS = ['written', 'seen', 'delivered', 'stored', 'acknowledged'] as const
export type PulseHop = (typeof PULSE_HOPS)[number]
