import { OffbeatError } from '../../../model/error.ts'
import { inDatabase } from '../../../model/fix.ts'
import type { NoticeEvent } from '../../../model/log-event.ts'
import type { Position } from '../../../model/position.ts'
import { type TextRow, text } from '../../connect/text-row.ts'
import type { PostgresConnection, SideConnection } from '../connect/connection.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { protocolIdentifier } from '../connect/quoting.ts'
import { LSN_POSITIONS } from '../position.ts'

const WAIT_BEFORE_CHECK_MS = 3000
const CANCEL_MS = 3000

export interface SlotCreation {
  readonly replication: PostgresConnection
  readonly side: SideConnection
  readonly slot: string
  /** The server also keeps the slot on its standbys. */
  readonly failover: boolean
  /** The server is a standby. It needs a record of the running transactions from its primary. */
  readonly standby: boolean
  readonly signal: AbortSignal
  /** Called at most once, when the server waits for older transactions to end. */
  readonly onWait: (notice: NoticeEvent) => void
}

/**
 * Creates the slot and returns its consistent point: the slot sends everything that is committed after it. The server first waits for every
 * open transaction to end. If `signal` aborts during that wait, the creation is cancelled, so that no slot is left without a reader.
 */
export async function createSlot(creation: SlotCreation): Promise<Position> {
  const { replication, signal, slot } = creation
  const [backend] = await replication.query('SELECT pg_backend_pid()::text AS pid', [], { signal })
  const pid = backend === undefined ? '' : text(backend, 'pid')
  const waiting = new AbortController()
  const watch = watchWait(creation, pid, waiting.signal)
  const giveUp = new AbortController()
  let giveUpTimer: NodeJS.Timeout | undefined
  const cancel = () => {
    giveUpTimer = setTimeout(() => giveUp.abort(), CANCEL_MS)
    // The statement that creates the slot reports its own outcome.
    cancelBackend(creation, pid).catch(() => undefined)
  }
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const command = `CREATE_REPLICATION_SLOT ${protocolIdentifier(slot)} LOGICAL pgoutput ${creation.failover ? "(SNAPSHOT 'nothing', FAILOVER true)" : 'NOEXPORT_SNAPSHOT'}`
    const [row] = await replication.query(command, [], { timeoutMs: null, signal: giveUp.signal })
    if (row === undefined) throw new OffbeatError('DEFECT', { message: 'creating the slot returned no row' })
    return LSN_POSITIONS.parse(text(row, 'consistent_point'))
  } finally {
    signal.removeEventListener('abort', cancel)
    clearTimeout(giveUpTimer)
    waiting.abort()
    await watch
  }
}

async function cancelBackend({ side }: SlotCreation, pid: string): Promise<void> {
  const own = new AbortController().signal
  await side.use(own, (connection) => connection.query('SELECT pg_cancel_backend($1)', [pid]))
}

async function watchWait(creation: SlotCreation, pid: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(true), WAIT_BEFORE_CHECK_MS)
  signal.addEventListener('abort', () => resolve(false), { once: true })
  const waits = await promise
  clearTimeout(timer)
  if (!waits) return
  if (creation.standby) {
    creation.onWait(standbyNotice(creation.slot))
    return
  }
  try {
    const rows = await creation.side.use(signal, (connection) =>
      connection.query(OLDER_TRANSACTIONS, [pid], { signal }),
    )
    creation.onWait(waitNotice(creation.slot, rows))
  } catch {
    // This query is only for the notice. The creation goes on and reports its own errors.
  }
}

/** A primary without writes sends no such record by itself, so the creation can wait forever. */
function standbyNotice(slot: string): NoticeEvent {
  return {
    type: 'notice',
    code: 'POSTGRES_SLOT_WAITS',
    details: {
      slot,
      found: 'a standby, which starts a slot only at a record of running transactions from its primary',
    },
    fix: [
      inDatabase('SELECT pg_log_standby_snapshot()', `${SUPERUSER}, on the primary`, {
        note: 'a heartbeat job on the primary does the same',
      }),
    ],
  }
}

/** A role without pg_monitor cannot see when other roles' transactions started. A process of the server itself has no user. */
const OLDER_TRANSACTIONS = `
  SELECT pid::text, coalesce(usename::text, backend_type) AS whose, xact_start::text AS since FROM pg_catalog.pg_stat_activity
  WHERE backend_xid IS NOT NULL AND pid <> $1::int ORDER BY xact_start LIMIT 5`

function waitNotice(slot: string, rows: readonly TextRow[]): NoticeEvent {
  const transactions = rows.map(({ pid, whose = null, since = null }) =>
    [`process ${pid}`, whose === null ? '' : ` of ${whose}`, since === null ? '' : ` since ${since}`].join(''),
  )
  return {
    type: 'notice',
    code: 'POSTGRES_SLOT_WAITS',
    details: { slot, transactions },
    fix: rows.map((row) =>
      inDatabase(`SELECT pg_terminate_backend(${row['pid']})`, SUPERUSER, { note: 'ends it and rolls it back' }),
    ),
  }
}
