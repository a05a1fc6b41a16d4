import type { DemoState, NumberedPulse } from './demo-state.ts'

/** Where the demo is shown. */
export interface DemoView {
  /** Shows a step of the preparation, before there is anything else to show. */
  note(text: string): void
  /** Called about four times a second. */
  show(state: DemoState): void
  /** Called once for each heartbeat, when it has completed all its hops or has failed. */
  beat(beat: NumberedPulse): void
  /** The last call. Restores the terminal. */
  end(): void
}

export interface DemoOutput {
  readonly columns: number
  /** null: unknown. */
  readonly rows: number | null
  write(text: string): void
}
