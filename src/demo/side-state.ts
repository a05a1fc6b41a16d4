import type { Verdict, VerdictName } from '../model/verdict.ts'

export interface FilesOnDisk {
  readonly files: number
  readonly bytes: number
}

/** How a reader came out of being stopped and started again. `stopped`: it has not been started yet, or has not read anything since. */
export type RestartState = 'stopped' | 'resumed' | 'refused'

/** What a reader knows about itself. */
export interface SideFacts {
  /** null: not known yet. */
  readonly verdict: Verdict | null
  readonly runwaySeconds: number | null
  /** null: it was not stopped. */
  readonly restart: RestartState | null
}

/** What the server shows of a reader. */
export interface SideLogState {
  /** The log from the reader's position to the end. null: the server has removed the part that comes next. */
  readonly heldBytes: number | null
  readonly disk: FilesOnDisk
  /** The position from which the reader would start again. */
  readonly position: string
}

/** One of the two readers. */
export interface SideState extends SideFacts, SideLogState {
  /** The values of the chart at each inspection so far, oldest first. */
  readonly chart: readonly number[]
  /** Time since the position moved. */
  readonly positionAgeMs: number
}

/** One reader in the final output. Users' scripts depend on the names. */
export interface SideSummary {
  readonly heldBytesStart: number
  /** 0: nothing, or the server has removed it. */
  readonly heldBytesEnd: number
  /** null: the demo ended before there was a verdict. */
  readonly verdict: VerdictName | null
  /** Whether the last inspection found that the position could be opened again. */
  readonly resumable: boolean
  /** null: this reader was not stopped during the demo. */
  readonly restart: RestartState | null
}
