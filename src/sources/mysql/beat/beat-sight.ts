import type { Signs } from '../../check.ts'
import type { ServerTarget } from '../../connect/server-target.ts'
import type { MysqlConfig } from '../config.ts'
import type { ServerVersion } from '../connect/server-version.ts'
import type { HeartbeatTable } from './heartbeat-evidence.ts'
import type { SchedulerSight } from './job/scheduler-evidence.ts'
import type { ServerWriting } from './server-writing.ts'

/** The part of the evidence that the layer 2 checks use. */
export interface BeatSight {
  readonly source: string
  readonly config: MysqlConfig
  readonly signs: Signs
  readonly nowMs: number
  /** The server that is read. */
  readonly target: ServerTarget
  readonly version: ServerVersion
  readonly writing: ServerWriting
  readonly heartbeat: HeartbeatTable
  /** null: no event writes the heartbeat. */
  readonly scheduler: SchedulerSight | null
}
