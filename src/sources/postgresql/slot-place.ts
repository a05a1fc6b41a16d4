import { OffbeatError } from '../../model/error.ts'
import type { Offset } from '../../model/offset.ts'
import type { Context } from '../source.ts'
import type { PostgresqlConfig } from './config.ts'
import type { PostgresConnection } from './connection.ts'
import { identityOf, lookAtServer, slotDetails } from './server-facts.ts'
import { checkResume } from './slot-check.ts'

/**
 * The slot's own place as an offset, for an operator who takes it over. Throws when there is no slot, somebody reads it now, or it
 * cannot be read from any more.
 */
export async function placeOfSlot(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  context: Pick<Context, 'source' | 'clock'>,
  signal: AbortSignal,
): Promise<Offset> {
  const facts = await lookAtServer(connection, config, { signal })
  const { slot } = facts
  if (slot === null) throw noSlot(config)
  if (slot.activePid !== null) {
    throw new OffbeatError('POSTGRES_SLOT_IN_USE', {
      message: `the slot ${slot.name} is being read now: taking it over would lose changes for whoever reads it`,
      found: `read by the server's process ${slot.activePid}`,
      expected: 'nobody reading it',
      fix: [`SELECT * FROM pg_stat_activity WHERE pid = ${slot.activePid}`],
      details: slotDetails(slot),
    })
  }
  const why = `taken over from the slot ${slot.name} by the operator with \`offsets set --from-slot\``
  const moved = { by: 'operator', why, atMs: context.clock.nowMs() } as const
  const position = slot.confirmedFlushLsn ?? slot.restartLsn
  const offset = position === null ? null : { position, server: identityOf(facts), memory: {}, moved }
  const finding = checkResume({ source: context.source, config, facts, offset, history: null })
  if (finding.can === 'no') throw finding.error
  if (offset === null) throw noSlot(config)
  return offset
}

function noSlot({ slot, connection }: PostgresqlConfig): OffbeatError {
  return new OffbeatError('POSTGRES_SLOT_MISSING', {
    message: `there is no slot ${slot} to take a place from in the server of ${connection.database}`,
    found: 'no such slot with a place in pg_replication_slots',
    expected: `a logical slot ${slot}`,
    fix: [
      'SELECT slot_name, database, plugin, confirmed_flush_lsn FROM pg_replication_slots',
      '# or start without a place: `offbeat run` makes the slot',
    ],
  })
}
