import type { Clock } from '../model/clock.ts'

export interface DemoOptions {
  readonly kind: 'postgresql'
  /** null: until the signal aborts. */
  readonly forMs: number | null
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly random: () => number
  /** The version that messages name. */
  readonly version: string
}
