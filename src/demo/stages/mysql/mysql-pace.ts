import type { DemoPace, Side } from '../../stage.ts'

export interface MysqlPace extends DemoPace {
  /** The age at which the server purges a file: whole seconds. */
  readonly retentionMs: number
}

/** A heartbeat every two seconds is like one every minute, and the server keeps its log for a few minutes, not for days. */
export const PACE: MysqlPace = {
  beatIntervalMs: 2000,
  settleIntervalMs: 3000,
  retentionMs: 12_000,
  bytesPerSecond: 3_200_000,
  atRiskMs: 6000,
  restart: { afterLostMs: 1500, downMs: 1500 },
}

export const SERVER_IDS: Readonly<Record<Side, number>> = { guarded: 4001, unguarded: 4002 }
