import type { Offset } from '../../../model/offset.ts'
import { pointOf } from '../position/position.ts'
import type { StreamStart } from '../read/stream-request.ts'

/** In an offset's memory: the event of its token invalidated the stream, so only `startAfter` goes on after it. */
export const AFTER_INVALIDATE = { startAfter: true } as const

/** From where the stream is requested to continue after the offset. */
export function startOf({ position, memory }: Pick<Offset, 'position' | 'memory'>): StreamStart {
  const { time, token } = pointOf(position)
  if (token === null) return { by: 'time', time, after: null }
  return { by: memory['startAfter'] === true ? 'startAfter' : 'resumeAfter', token }
}
