import { OffbeatError } from '../../src/model/error.ts'
import type { Position } from '../../src/model/position.ts'
import { type SimulatedPositions, TOTAL } from './simulated/position.ts'

/** Simulated positions, with what a schedule needs for its checks. */
export interface SchedulePositions extends SimulatedPositions {
  /** The ordinal in the log up to which a position alone covers everything. */
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

const ORDINALS_PER_THREAD = 12
/** The number of ordinals that share one SCN. */
const ORDINALS_PER_SCN = 4

/**
 * Partially ordered positions, like those of two redo threads that alternate in the log. Positions of different threads are unordered, and
 * several commits of one thread share a position. The memory has the exact ordinal.
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
  at: (ordinal) => ({
    position: new ThreadPosition(Math.floor(ordinal / ORDINALS_PER_THREAD) % 2, Math.floor(ordinal / ORDINALS_PER_SCN)),
    memory: { ordinal },
  }),
  ordinalOf: ({ memory }) => Number(memory['ordinal']),
  coveredBy: (text) => Number(text.split(':')[1]) * ORDINALS_PER_SCN,
}
