import { HEARTBEAT_TOPIC } from '../model/message.ts'
import type { BatchBuilder } from './batch-builder.ts'

export interface Heartbeat {
  readonly source: string
  readonly atMs: number
  /** The text of the position that the heartbeat claims. */
  readonly offset: string
  readonly verdict: string | null
  readonly lastChangeAtMs: number | null
}

/**
 * Adds a layer 1 heartbeat to the batch. The key is the source's name, the value `{op, source, layer, ts_ms, offset, verdict,
 * lastChangeTsMs}`. No change uses its `op`.
 */
export function appendHeartbeat(heartbeat: Heartbeat, to: BatchBuilder): void {
  const { source, atMs, offset, verdict, lastChangeAtMs } = heartbeat
  const keyAt = to.writer.length
  to.writer.utf8(JSON.stringify(source))
  const valueAt = to.writer.length
  const value = {
    op: 'heartbeat',
    source,
    layer: 1,
    ts_ms: atMs,
    offset,
    verdict,
    lastChangeTsMs: lastChangeAtMs,
  }
  to.writer.utf8(JSON.stringify(value))
  to.add(HEARTBEAT_TOPIC, keyAt, valueAt, atMs)
}
