import type { SideSummary } from './side-state.ts'

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

export interface DemoEnd {
  readonly summary: DemoSummary
  /** The same for a person. */
  readonly text: string
}
