import type { Clock } from '../model/clock.ts'
import type { OpenStage } from './stage.ts'
import type { DemoKind } from './stage-registry.ts'

export interface DemoOptions {
  readonly kind: DemoKind
  /** Opens the stage of this kind. */
  readonly openStage: OpenStage
  /** null: run until the signal aborts. */
  readonly forMs: number | null
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly random: () => number
  /** The version that messages mention. */
  readonly version: string
}
