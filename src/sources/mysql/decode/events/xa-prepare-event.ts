import type { EventCursor } from '../framing/event-cursor.ts'

/** prepare   onePhase:u8 format:u32 globalLength:u32 branchLength:u32 global branch */
export function readXaPrepare(cursor: EventCursor): { readonly isOnePhase: boolean } {
  const isOnePhase = cursor.u8() !== 0
  cursor.skip(4)
  const global = cursor.u32()
  const branch = cursor.u32()
  cursor.skip(global + branch)
  return { isOnePhase }
}
