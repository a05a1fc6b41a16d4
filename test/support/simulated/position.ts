import { OffbeatError } from '../../../src/model/error.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Offset, StoredOffset } from '../../../src/model/offset.ts'
import type { Position, PositionCodec } from '../../../src/model/position.ts'

class NumberPosition implements Position {
  declare readonly __brand: 'Position'
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

export function positionAt(value: number): Position {
  return new NumberPosition(value)
}

export function numberOf(position: Position): number {
  if (position instanceof NumberPosition) return position.value
  throw new Error('a position of another source')
}

/** Positions that are numbers, as decimal text. Only the source may rely on that form. */
export const numberPositions: PositionCodec = {
  order: 'total',
  parse(text) {
    if (/^(0|[1-9]\d*)$/.test(text)) return positionAt(Number(text))
    throw new OffbeatError('POSITION_INVALID', { message: `${text} is not a position`, expected: 'a decimal number' })
  },
  text: (position) => String(numberOf(position)),
  short: (position) => `#${numberOf(position)}`,
  compare(a, b) {
    const distance = numberOf(a) - numberOf(b)
    if (distance === 0) return 'same'
    return distance < 0 ? 'before' : 'after'
  },
}

/** How a simulated database converts an ordinal in its log, internally a number, to a position and its memory. */
export interface SimulatedPositions {
  readonly codec: PositionCodec
  at(ordinal: number): { readonly position: Position; readonly memory: JsonObject }
  /** The ordinal of an offset that `at` created. */
  ordinalOf(offset: Offset | StoredOffset): number
}

/** Totally ordered: a position is the ordinal. */
export const TOTAL: SimulatedPositions = {
  codec: numberPositions,
  at: (ordinal) => ({ position: positionAt(ordinal), memory: {} }),
  ordinalOf: ({ position }) => (typeof position === 'string' ? Number(position) : numberOf(position)),
}
