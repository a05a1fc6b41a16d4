import { isDeepStrictEqual } from 'node:util'
import { OffbeatError } from '../../../model/error.ts'
import { query } from '../../../model/fix.ts'
import type { KeptPosition, OffsetContent } from '../../source.ts'
import { tableFilter } from '../../table-pattern.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { identityOf, readServerFacts, slotDetails } from '../inspect/server-facts.ts'
import { LogMemory } from '../read/log-memory.ts'
import { rememberPresentKeys } from '../tables/present-keys.ts'
import { checkTakeOver } from './slot-check.ts'
import { slotReader, slotReaderInWords } from './slot-in-use.ts'

/** The slot's position, which an operator can adopt as the source's offset, and the client that reads the slot now. */
export async function positionOfSlot(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  about: { readonly source: string; readonly signal: AbortSignal },
): Promise<KeptPosition> {
  const facts = await readServerFacts(connection, config, { signal: about.signal })
  const refusal = checkTakeOver({ source: about.source, config, facts, offset: null, history: null })
  if (refusal !== null) throw refusal
  const { slot } = facts
  if (slot === null || slot.confirmedFlushLsn === null) {
    throw new OffbeatError('POSTGRES_SLOT_MISSING', {
      message: `the slot ${config.slot} ${slot === null ? 'does not exist' : 'has no position'}, so it cannot be taken over`,
      found: slot === null ? 'no such row in pg_replication_slots' : 'a slot without confirmed_flush_lsn',
      expected: 'a logical slot that has been used',
      fix: [query('SELECT slot_name, plugin, database, confirmed_flush_lsn FROM pg_replication_slots', SUPERUSER)],
      details: slot === null ? { slot: config.slot } : slotDetails(slot),
    })
  }
  const reader = await slotReader(connection, config.slot, { signal: about.signal })
  return {
    position: slot.confirmedFlushLsn,
    why: `taken over from the slot ${config.slot}: its confirmed_flush_lsn`,
    reader: reader === null ? null : `${slotReaderInWords(reader)}, reads the slot ${config.slot}`,
  }
}

/**
 * Returns everything that an offset needs except its position. The keys that the log will not contain are recorded now: a change to a table
 * before the next start would make them unknown. What `known` remembers of the same server is valid at any position, since it is compared
 * with what is read.
 */
export async function offsetAt(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  { known, signal }: { readonly known: OffsetContent | null; readonly signal: AbortSignal },
): Promise<OffsetContent> {
  const server = identityOf(await readServerFacts(connection, config, { signal }))
  const isSame = known !== null && isDeepStrictEqual(known.server, server)
  const memory = new LogMemory(isSame ? known.memory : {})
  // It belongs to the older offset's position.
  memory.since = null
  const { publication, slot, tables, exclude } = config
  await rememberPresentKeys(
    (sql, params) => connection.query(sql, params, { signal }),
    { publication, slot, isWatched: tableFilter(tables, exclude) },
    memory,
  )
  return { server, memory: memory.document }
}
