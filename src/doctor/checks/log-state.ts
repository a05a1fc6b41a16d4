import { OffbeatError } from '../../model/error.ts'
import type { LogState } from '../../model/log-state.ts'
import { type Offset, parsedOffset, type StoredOffset } from '../../model/offset.ts'
import type { PositionCodec } from '../../model/position.ts'
import type { CheckContext } from '../../sources/check.ts'
import { isRefused } from './piece.ts'

/**
 * The inspection that `status` also does, as a piece of a checkup's evidence. An error is a finding of its own, unless the server refused
 * one of the inspection's queries or the connection broke: neither says anything about the log.
 */
export async function inspectedLog(
  context: Pick<CheckContext, 'storedOffset'>,
  positions: PositionCodec,
  session: { readonly isOpen: boolean },
  inspect: (offset: () => Offset | null) => Promise<LogState>,
): Promise<LogState | OffbeatError> {
  const parsed = (stored: StoredOffset | null) => stored && parsedOffset(stored, positions)
  try {
    return await inspect(() => parsed(context.storedOffset()))
  } catch (error) {
    if (error instanceof OffbeatError && session.isOpen && !isRefused(error)) return error
    throw error
  }
}
