import type { VerdictName } from '../model/verdict.ts'

/** The final output of `demo --json`. Users' scripts depend on the names. */
export interface DemoSummary {
  readonly version: 1
  readonly kind: string
  /** Whether the server is simulated. Always false: the demo uses a real one. */
  readonly simulated: false
  readonly seconds: number
  readonly guarded: SideSummary & {
    readonly beats: number
    readonly pulsesBack: number
    readonly roundTripMsP50: number | null
  }
  readonly unguarded: SideSummary
}

export interface SideSummary {
  readonly heldBytesStart: number
  readonly heldBytesEnd: number
  /** null: the demo ended before there was a verdict. */
  readonly verdict: VerdictName | null
  /** Whether the last inspection found that the position could be opened again. */
  readonly resumable: boolean
}
