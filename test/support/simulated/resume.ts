import { TABLE_WORDS } from '../../../src/model/data-words.ts'
import { OffbeatError } from '../../../src/model/error.ts'
import type { Resume } from '../../../src/model/log-state.ts'
import type { Offset } from '../../../src/model/offset.ts'
import { lossOf, lostError, startAgain } from '../../../src/sources/loss.ts'
import type { Context } from '../../../src/sources/source.ts'
import { grant, type SimulatedDatabase, statement } from './database.ts'

/** The ordinal where a stream begins if it is requested from `from`. */
export function beginning(database: SimulatedDatabase, from: Offset | 'now', context: Context): number {
  const { log } = database
  if (from === 'now') {
    if (log.confirmed !== null)
      throw new OffbeatError('DATABASE_PERMISSION', { message: 'a position is kept for a client that has its offset' })
    Object.assign(log, { createdAt: log.head, confirmed: log.head })
    return log.head
  }
  const lost = lossError(database, from, context)
  if (lost !== null) throw lost
  return Math.max(log.positions.ordinalOf(from), log.confirmed ?? 0)
}

/** Why reading cannot continue from this offset. null: it can. The reader throws the error that the probe reports. */
function lossError({ log }: SimulatedDatabase, { position, moved }: Offset, { source, clock }: Context) {
  if (!log.lost) return null
  const { codec } = log.positions
  const offset = { source, position: codec.text(position), short: codec.short(position), moved, words: TABLE_WORDS }
  const inspected = { head: String(log.head), atMs: clock.nowMs(), bytes: null, evidence: [] }
  const message = `cannot read on from ${offset.position}: another server answers`
  const choices = [startAgain(offset, {})]
  return lostError('DATABASE_OTHER_SERVER', { message }, lossOf(offset, inspected, { choices }))
}

export function permissionError(database: SimulatedDatabase, user: string): OffbeatError | null {
  const needed = grant('READ', user)
  if (database.done.has(needed)) return null
  return new OffbeatError('DATABASE_PERMISSION', { message: `${user} cannot read the log`, fix: [statement(needed)] })
}

export function resumeOf(database: SimulatedDatabase, user: string, offset: Offset | null, context: Context): Resume {
  const error = permissionError(database, user) ?? (offset === null ? null : lossError(database, offset, context))
  if (error === null) return { can: 'yes', as: 'same server', why: 'the log has the position' }
  const { code, fix, loss, message, found, expected, details } = error
  const about = { code, message, found, expected, details }
  return { can: 'no', ...about, choices: fix, ...(loss === null ? {} : { loss }), stop: false }
}
