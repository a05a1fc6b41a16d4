import type { Signs } from '../../check.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { ServerFacts } from '../inspect/server-facts.ts'
import type { SettingOrigin } from '../inspect/setting-origin.ts'
import type { HeartbeatTable } from './heartbeat-evidence.ts'
import type { SchedulerSight } from './job/scheduler-evidence.ts'

/** The part of the evidence that the layer 2 checks use. */
export interface BeatSight {
  readonly source: string
  readonly config: PostgresqlConfig
  readonly signs: Signs
  readonly nowMs: number
  readonly facts: ServerFacts
  readonly heartbeat: HeartbeatTable
  /** null: no scheduled job writes the heartbeat. */
  readonly scheduler: SchedulerSight | null
  /** `readOnly`: the session's default, before our own setting. */
  readonly role: {
    readonly name: string
    readonly readOnly: boolean
    readonly origins: ReadonlyMap<string, SettingOrigin>
  }
  /** null: there is no publication, or it was not inspected. */
  readonly published: { readonly publication: { readonly allTables: boolean } } | null
}

/** The setting that makes sessions read-only. */
export const READ_ONLY = 'default_transaction_read_only'
