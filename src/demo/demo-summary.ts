import type { VerdictName } from '../model/verdict.ts'

/** What `demo --json` ends with; the names are a promise to users' scripts. */
export interface DemoSummary {
  readonly version: 1
  readonly kind: string
  /** A real server: never. */
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
  /** null: it ended before anything could be said. */
  readonly verdict: VerdictName | null
  /** Whether the last inspection found that the position could be opened again. */
  readonly resumable: boolean
}
