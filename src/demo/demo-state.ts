import type { Pulse } from '../model/pulse.ts'
import type { SideState } from './side-state.ts'
import type { DemoPace, StageWords } from './stage.ts'

/** Everything that the screen shows. */
export interface DemoState {
  /** For example `PostgreSQL 18.4`. */
  readonly server: string
  readonly port: number
  readonly words: StageWords
  readonly elapsedMs: number
  readonly pace: DemoPace
  /** null: not known yet. */
  readonly busyBytesPerSecond: number | null
  readonly head: string
  /** The server's whole log on disk, in words. */
  readonly logOnDisk: string
  readonly rows: { readonly count: number; readonly lastAgeMs: number | null }
  /** When both readers were stopped, to be started again. null: they were not. */
  readonly restartElapsedMs: number | null
  readonly guarded: SideState
  readonly unguarded: SideState
  /** Newest first. */
  readonly beats: readonly NumberedPulse[]
  /** The latest error or warning. null: none. */
  readonly warning: string | null
}

export interface NumberedPulse {
  readonly number: number
  readonly writtenElapsedMs: number
  readonly pulse: Pulse
}
