import type { JsonObject } from '../model/json.ts'
import type { MovedBy, ServerIdentity, StoredOffset } from '../model/offset.ts'
import { memberAt, numberAt, type Row, textAt, textOrNullAt } from './row.ts'

export const MOVED_BY: readonly MovedBy[] = ['commit', 'progress', 'pulse', 'snapshot', 'operator']

/** The offset in a row of `source`; null when none is stored. */
export function offsetOfRow(row: Row): StoredOffset | null {
  const position = textOrNullAt(row, 'position')
  if (position === null) return null
  const server = textOrNullAt(row, 'server')
  return {
    position,
    server: server === null ? null : (JSON.parse(server) as ServerIdentity),
    memory: JSON.parse(textAt(row, 'memory')) as JsonObject,
    moved: {
      by: memberAt(row, 'moved_by', MOVED_BY),
      why: textAt(row, 'moved_why'),
      atMs: numberAt(row, 'moved_at_ms'),
    },
  }
}

/** The columns position, server, memory, moved_by, moved_why, moved_at_ms. */
export function offsetColumns(offset: StoredOffset): [string, string | null, string, string, string, number] {
  const { position, server, memory, moved } = offset
  const serverText = server === null ? null : JSON.stringify(server)
  return [position, serverText, JSON.stringify(memory), moved.by, moved.why, moved.atMs]
}
