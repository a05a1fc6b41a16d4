import type { Pulse } from '../model/pulse.ts'
import type { Verdict } from '../model/verdict.ts'
import type { FilesOnDisk, StageWords } from './stage.ts'

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
  /** The size of the server's whole log on disk. */
  readonly disk: FilesOnDisk
  readonly rows: { readonly count: number; readonly lastAgeMs: number | null }
  readonly guarded: SideState
  readonly unguarded: SideState
  /** Newest first. */
  readonly beats: readonly NumberedPulse[]
  /** The latest error or warning. null: none. */
  readonly warning: string | null
}

/** How the demo compresses time. */
export interface DemoPace {
  readonly beatIntervalMs: number
  readonly checkpointIntervalMs: number
  readonly bytesPerSecond: number
  /** How much log the server keeps for one reader. */
  readonly limitBytes: number
  /** A runway below this is at risk. */
  readonly atRiskMs: number
}

/** What a reader knows about itself. */
export interface SideFacts {
  /** null: not known yet. */
  readonly verdict: Verdict | null
  readonly runwaySeconds: number | null
}

/** One of the two readers. */
export interface SideState extends SideFacts {
  /** The server's name for it. */
  readonly reader: string
  readonly heldBytes: number
  /** The retained log at each inspection so far, oldest first. */
  readonly heldHistory: readonly number[]
  readonly disk: FilesOnDisk
  /** The position that the reader last acknowledged to the server. */
  readonly acknowledged: string
  /** Time since the position moved. */
  readonly acknowledgedAgeMs: number
}

export interface NumberedPulse {
  readonly number: number
  readonly writtenElapsedMs: number
  readonly pulse: Pulse
}
