import type { Pulse } from '../model/pulse.ts'
import type { Verdict } from '../model/verdict.ts'
import type { FilesOnDisk, StageWords } from './stage.ts'

/** Everything that the screen shows, and nothing else. */
export interface DemoState {
  /** e.g. `PostgreSQL 18.4`. */
  readonly server: string
  readonly port: number
  readonly words: StageWords
  readonly elapsedMs: number
  readonly pace: DemoPace
  /** null: not known yet. */
  readonly busyBytesPerSecond: number | null
  readonly head: string
  /** All of the server's log on the disk. */
  readonly disk: FilesOnDisk
  readonly rows: { readonly count: number; readonly lastAgeMs: number | null }
  readonly guarded: SideState
  readonly unguarded: SideState
  /** Newest first. */
  readonly beats: readonly NumberedPulse[]
  /** The newest thing that went wrong; null: nothing. */
  readonly warning: string | null
}

/** How the demo's time is compressed. */
export interface DemoPace {
  readonly beatIntervalMs: number
  readonly checkpointIntervalMs: number
  readonly bytesPerSecond: number
  /** How much log the server keeps for one reader. */
  readonly limitBytes: number
  /** At risk below this runway. */
  readonly atRiskMs: number
}

/** What a side knows of itself. */
export interface SideFacts {
  /** null: not known yet. */
  readonly verdict: Verdict | null
  readonly runwaySeconds: number | null
}

/** One of the two readers. */
export interface SideState extends SideFacts {
  /** What the server knows it by. */
  readonly reader: string
  readonly heldBytes: number
  /** What was retained at each inspection so far, oldest first. */
  readonly heldHistory: readonly number[]
  readonly disk: FilesOnDisk
  /** The position that the server has from it. */
  readonly acknowledged: string
  /** Since it moved. */
  readonly acknowledgedAgeMs: number
}

export interface NumberedPulse {
  readonly number: number
  readonly writtenElapsedMs: number
  readonly pulse: Pulse
}
