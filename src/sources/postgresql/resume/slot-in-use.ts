import { OffbeatError } from '../../../model/error.ts'
import { alternative, forPerson, inDatabase } from '../../../model/fix.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { quoteLiteral } from '../connect/quoting.ts'

/** What our role can see of the client that reads the slot. */
type SlotReader = Readonly<Record<'pid' | 'user' | 'application' | 'client' | 'since', string | null>>

/** Adds to the server's refusal which client reads the slot. */
export async function slotInUse(
  connection: PostgresConnection,
  slot: string,
  refusal: OffbeatError,
  options: StatementOptions,
): Promise<OffbeatError> {
  const reader = await slotReader(connection, slot, options)
  if (reader === null) return refusal
  return new OffbeatError('POSTGRES_SLOT_IN_USE', {
    message: `the slot ${slot} is being read by another client`,
    found: slotReaderInWords(reader),
    expected: 'a slot that no client reads',
    fix: [
      forPerson('stop the other client, or configure another `slot`'),
      alternative('if it is a leftover session of this connector, end it'),
      inDatabase(`SELECT pg_terminate_backend(${reader.pid})`, SUPERUSER),
    ],
    details: { slot, ...reader },
  })
}

/** The client that reads the slot now; null: none. */
export async function slotReader(
  connection: PostgresConnection,
  slot: string,
  options: StatementOptions,
): Promise<SlotReader | null> {
  const [row] = await connection.query(
    `SELECT s.active_pid::text AS pid, a.usename::text AS user, a.application_name AS application,
       host(a.client_addr) AS client, a.backend_start::text AS since
     FROM pg_catalog.pg_replication_slots s LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = s.active_pid
     WHERE s.slot_name = ${quoteLiteral(slot)} AND s.active_pid IS NOT NULL`,
    [],
    options,
  )
  if (row === undefined) return null
  const { pid = null, user = null, application = null, client = null, since = null } = row
  return { pid, user, application, client, since }
}

export function slotReaderInWords({ pid, user, application, client, since }: SlotReader): string {
  const who = [
    application === null || application === '' ? null : `application ${application}`,
    user === null ? null : `user ${user}`,
  ]
  const known = who.filter((part) => part !== null).join(', ')
  return `process ${pid}${known === '' ? '' : ` (${known})`} from ${client ?? 'an unknown address'}, since ${since ?? 'an unknown time'}`
}
