import type { EventCursor } from './event-cursor.ts'

/** The log continues in `file` at `position`. */
export interface NextPosition {
  readonly file: string
  readonly position: number
}

/** rotate   position:u64 file:text, up to the end */
export function readRotate(cursor: EventCursor): NextPosition {
  const position = safe(cursor, cursor.u64())
  return { position, file: fileName(cursor) }
}

/** heartbeat   file:text, up to the end; the position is the header's `nextPosition` */
export function readHeartbeat(cursor: EventCursor, nextPosition: number): NextPosition {
  return { position: nextPosition, file: fileName(cursor) }
}

const END = 0
const FILE = 1
const POSITION = 2

/**
 * The heartbeat of MySQL 8.0.26 and later, sent only on request. It supports positions beyond 4 GiB.
 *
 *   heartbeatV2   (field:lenenc length:lenenc value)* 0
 *   value         1: file:text | 2: position:lenenc | one that is passed over
 */
export function readHeartbeatV2(cursor: EventCursor): NextPosition {
  let [file, position]: [string | null, number | null] = [null, null]
  for (;;) {
    const field = cursor.lenenc()
    if (field === END) break
    const value = cursor.part(cursor.lenenc())
    if (field === FILE) file = fileName(value)
    else if (field === POSITION) position = value.lenenc()
  }
  if (file === null || position === null) throw cursor.invalid('it names no file or no position')
  return { file, position }
}

function fileName(cursor: EventCursor): string {
  const name = cursor.text(cursor.left)
  if (name === '' || name.includes('\0')) throw cursor.invalid('the name of a file is none')
  return name
}

function safe(cursor: EventCursor, value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw cursor.invalid('an impossible position')
  return Number(value)
}
