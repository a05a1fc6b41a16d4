import type { DemoState, NumberedPulse } from './demo-state.ts'

/** Where the demo is shown. */
export interface DemoView {
  /** What is being done before there is anything to see. */
  note(text: string): void
  /** Called about four times a second. */
  show(state: DemoState): void
  /** A heartbeat has gone its whole way, or has failed; once for each. */
  beat(beat: NumberedPulse): void
  /** The last call: leaves the terminal as it was. */
  end(): void
}

export interface DemoOutput {
  readonly columns: number
  /** null: unknown. */
  readonly rows: number | null
  write(text: string): void
}
