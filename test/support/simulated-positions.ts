import { OffbeatError } from '../../src/model/error.ts'
import type { Position } from '../../src/model/position.ts'
import { type SimulatedPositions, TOTAL } from './simulated/position.ts'

/** Simulated positions, with what a schedule needs for its checks. */
export interface SchedulePositions extends SimulatedPositions {
  /** The place in the log up to which a position alone covers everything. */
  coveredBy(text: string): number
}

export const ORDERED: SchedulePositions = { ...TOTAL, coveredBy: Number }

class ThreadPosition implements Position {
  declare readonly __brand: 'Position'
  readonly thread: number
  readonly scn: number

  constructor(thread: number, scn: number) {
    this.thread = thread
    this.scn = scn
  }
}

function threadPosition(position: Position): ThreadPosition {
  if (position instanceof ThreadPosition) return position
  throw new Error('a position of another source')
}

const THREAD_PLACES = 12
/** The number of places that share one SCN. */
const TIE_PLACES = 4

/**
 * Partially ordered positions, like those of two redo threads that alternate in the log. Positions of different threads are unordered, and
 * several commits of one thread share a position. The memory has the exact place.
 */
export const PARTIAL: SchedulePositions = {
  codec: {
    order: 'partial',
    parse(text) {
      const [, thread, scn] = /^(\d+):(\d+)$/.exec(text) ?? []
      if (thread !== undefined && scn !== undefined) return new ThreadPosition(Number(thread), Number(scn))
      throw new OffbeatError('POSITION_INVALID', { message: `${text} is not a position`, expected: 'thread:scn' })
    },
    text: (position) => `${threadPosition(position).thread}:${threadPosition(position).scn}`,
    short: (position) => `thread ${threadPosition(position).thread}`,
    compare(a, b) {
      const [left, right] = [threadPosition(a), threadPosition(b)]
      if (left.thread !== right.thread) return 'unordered'
      if (left.scn === right.scn) return 'same'
      return left.scn < right.scn ? 'before' : 'after'
    },
  },
  at: (place) => ({
    position: new ThreadPosition(Math.floor(place / THREAD_PLACES) % 2, Math.floor(place / TIE_PLACES)),
    memory: { place },
  }),
  placeOf: ({ memory }) => Number(memory['place']),
  coveredBy: (text) => Number(text.split(':')[1]) * TIE_PLACES,
}
