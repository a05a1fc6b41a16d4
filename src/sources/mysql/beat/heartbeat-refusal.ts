import type { OffbeatError } from '../../../model/error.ts'
import { alternative, type Fix, forPerson, inDatabase, inFile, query } from '../../../model/fix.ts'
import type { BeatRefusal } from '../../heartbeat/heartbeat-row.ts'
import { holdersInWords, lockFix } from '../../heartbeat/lock-holder.ts'
import type { MysqlConfig } from '../config.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { type Account, quoteLiteral, quoteName } from '../connect/quoting.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { type HeartbeatAccess, readHeartbeatAccess } from './heartbeat-access.ts'
import { readTriggers } from './heartbeat-evidence.ts'
import { LOCK_WORDS, lockGrants, showHolders } from './heartbeat-lock.ts'
import { grantHeartbeat, heartbeatTableName, heartbeatTableStatements } from './heartbeat-table.ts'
import type { LockWait } from './lock-wait.ts'
import { dropTriggers, triggersInWords, UNSUPPRESSED } from './trigger.ts'

export interface BeatAttempt {
  readonly connection: MysqlConnection
  readonly config: MysqlConfig
  readonly signal: AbortSignal
  /** What the write waited for, if it took long. */
  readonly wait: () => Promise<LockWait | null>
}

/** Like `HeartbeatRow.refusal`: uses the same connection if that is still open. */
export async function heartbeatRefusal(error: OffbeatError | null, attempt: BeatAttempt): Promise<BeatRefusal | null> {
  if (error === null) return await suppressed(attempt)
  const wait = await attempt.wait()
  switch (KINDS[Number(error.details['number'])]) {
    case 'missing':
      return { code: 'HEARTBEAT_TABLE_MISSING', fix: createTable(attempt.config, await accountOf(attempt)) }
    case 'shape':
      return await otherColumns(attempt)
    case 'denied':
      return await denied(attempt)
    case 'read-only':
      return readOnly(attempt.config)
    case 'read-only database':
      return readOnlyDatabase(attempt.config)
    case 'signal':
      return await suppressed(attempt)
    case 'slow':
      return await slow(error, attempt, wait)
    default:
      // The server waits for locks in whole seconds, so a shorter timeout of ours can end the session first.
      return wait === null || error.code !== 'DATABASE_UNREACHABLE' ? null : await slow(error, attempt, wait)
  }
}

type Kind = 'missing' | 'shape' | 'denied' | 'read-only' | 'read-only database' | 'signal' | 'slow'

/** The error numbers that say why a row cannot be written. Both products share those up to 1999. */
const KINDS: Readonly<Record<number, Kind>> = {
  1049: 'missing', // no database
  1146: 'missing', // no table
  1048: 'shape', // a column that needs a value
  1054: 'shape', // no such column
  1264: 'shape', // out of the range of the column
  1265: 'shape', // not a value of the column
  1288: 'shape', // a view that cannot be written
  1292: 'shape', // not a value of the type
  1364: 'shape', // a column without a default
  1366: 'shape', // not a number
  1406: 'shape', // too long
  1471: 'shape', // a view without inserts
  1906: 'shape', // MariaDB: a generated column
  3105: 'shape', // MySQL: a generated column
  1044: 'denied', // on the database
  1142: 'denied', // on the table
  1143: 'denied', // on a column
  1036: 'read-only', // the table, because of InnoDB's own setting
  1290: 'read-only', // read_only or super_read_only
  1792: 'read-only', // the transaction
  1836: 'read-only', // the server
  1874: 'read-only', // InnoDB
  3989: 'read-only database', // MySQL: ALTER DATABASE ... READ ONLY
  1644: 'signal', // SIGNAL in a trigger
  1205: 'slow', // waited for a lock
  1213: 'slow', // deadlock
  1969: 'slow', // MariaDB: max_statement_time
  3572: 'slow', // MySQL: NOWAIT
}

async function accessOf({ connection, config, signal }: BeatAttempt): Promise<HeartbeatAccess | null> {
  return connection.isOpen ? await readHeartbeatAccess(connection, config, signal) : null
}

async function accountOf(attempt: BeatAttempt): Promise<Account> {
  return (await accessOf(attempt))?.account ?? { user: attempt.connection.target.user, host: '%' }
}

function createTable(config: MysqlConfig, to: Account): readonly Fix[] {
  return heartbeatTableStatements(config, to, 'connector').map((text) => inDatabase(text, ADMINISTRATOR))
}

async function otherColumns(attempt: BeatAttempt): Promise<BeatRefusal> {
  const { config } = attempt
  return {
    code: 'HEARTBEAT_TABLE_SHAPE',
    expected: 'a table with id int, text text, last_update timestamp(6), and no other column that needs a value',
    fix: [
      inDatabase(`DROP TABLE ${heartbeatTableName(config)}`, ADMINISTRATOR),
      ...createTable(config, await accountOf(attempt)),
    ],
  }
}

async function denied(attempt: BeatAttempt): Promise<BeatRefusal> {
  const { config } = attempt
  const access = await accessOf(attempt)
  const expected = 'SELECT, INSERT, UPDATE and DELETE on the table'
  if (access?.table !== 'hidden')
    return {
      code: 'HEARTBEAT_DENIED',
      expected,
      fix: [inDatabase(grantHeartbeat(config, await accountOf(attempt), 'connector'), ADMINISTRATOR)],
    }
  return {
    code: 'HEARTBEAT_DENIED',
    expected: `${expected}; without any privilege on it, whether it exists is not visible`,
    fix: createTable(config, access.account),
  }
}

function readOnly(config: MysqlConfig): BeatRefusal {
  const isMysql = config.kind === 'mysql'
  const settings = ['read_only', ...(isMysql ? ['super_read_only'] : []), 'innodb_read_only']
  return {
    code: 'HEARTBEAT_READ_ONLY',
    expected: 'a primary, with read_only OFF',
    fix: [
      query(`SELECT ${settings.map((name) => `@@GLOBAL.${name}`).join(', ')}`, 'any user'),
      forPerson('if the server is a primary, let its clients write'),
      inDatabase('SET GLOBAL read_only = OFF', ADMINISTRATOR),
      alternative('if it is a replica, connect to its primary, or let an event on the primary write the heartbeats'),
      inFile('readOnly: true'),
    ],
  }
}

function readOnlyDatabase({ heartbeat }: MysqlConfig): BeatRefusal {
  const database = quoteName(heartbeat.source.schema)
  return {
    code: 'HEARTBEAT_READ_ONLY',
    expected: `the database ${database} without READ ONLY`,
    fix: [inDatabase(`ALTER DATABASE ${database} READ ONLY = 0`, ADMINISTRATOR)],
  }
}

/** The triggers that can keep the row from being changed. Without TRIGGER on the table, a user sees none. */
async function suppressed({ connection, config, signal }: BeatAttempt): Promise<BeatRefusal> {
  const { schema, table } = config.heartbeat.source
  const name = heartbeatTableName(config)
  const names = await readTriggers(connection, config, signal)
  if (names.length === 0)
    return {
      code: 'HEARTBEAT_SUPPRESSED',
      expected: UNSUPPRESSED,
      fix: [
        query(`SHOW TRIGGERS FROM ${quoteName(schema)} LIKE ${quoteLiteral(table)}`, ADMINISTRATOR, {
          note: `a trigger can keep the row in ${name} from being changed`,
        }),
      ],
    }
  return {
    code: 'HEARTBEAT_SUPPRESSED',
    found: triggersInWords(names),
    expected: UNSUPPRESSED,
    fix: dropTriggers(names),
  }
}

/** Seen on both products when the disk of the binary log is full: the server waits for room, with the row locked. */
function stuckCommit(error: OffbeatError, state: string): BeatRefusal {
  return {
    code: 'HEARTBEAT_SLOW',
    found: `${error.found ?? error.code}; a heartbeat does not end its commit (the state "${state}")`,
    expected: 'a server that can write its binary log',
    fix: [
      forPerson(
        'check whether the disk of the binary log is full: the server then waits until there is room, and its error log says so',
      ),
      query('SHOW PROCESSLIST', ADMINISTRATOR, { note: 'it shows what each session waits for' }),
    ],
  }
}

async function slow(error: OffbeatError, attempt: BeatAttempt, wait: LockWait | null): Promise<BeatRefusal> {
  const { config, connection } = attempt
  const { version } = connection
  const holders = wait?.holders ?? []
  if (wait !== null && wait.commit !== null) return stuckCommit(error, wait.commit)
  const locked = holdersInWords(holders, LOCK_WORDS)
  if (locked !== null) return { code: 'HEARTBEAT_SLOW', found: locked, fix: lockFix(holders, LOCK_WORDS) }
  const state = wait === null || wait.state === '' ? '' : `, in the state "${wait.state}"`
  const found = `${error.found ?? error.code}${state}`
  if (wait?.holders !== null)
    return {
      code: 'HEARTBEAT_SLOW',
      found: `${found}; ${wait === null ? 'what it waited for could not be observed' : 'no lock on the row was seen'}`,
      fix: [forPerson('check the load of the server, and what else writes or locks the heartbeat table at that time')],
    }
  return {
    code: 'HEARTBEAT_SLOW',
    found: `${found}; who locks the row is not visible to this user`,
    fix: [
      showHolders(version, config),
      forPerson('commit or roll back the transaction in its client, or end its connection with KILL'),
      alternative('let this user see it, so that the next heartbeat that is blocked names it'),
      ...lockGrants(version, await accountOf(attempt)),
    ],
  }
}
