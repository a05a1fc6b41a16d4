import type { ErrorCode } from '../../../model/error-code.ts'
import { alternative, type Fix, forPerson, inDatabase, query } from '../../../model/fix.ts'
import { PRESENT_PASSWORD } from '../../connect/password.ts'
import { refusalInWords } from '../../connect/server-refusal.ts'
import type { ServerRequest } from '../../connect/server-request.ts'
import { address, type DatabaseTarget } from '../../connect/server-target.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { hbaName, quoteIdentifier, quoteLiteral } from '../connect/quoting.ts'
import type { ServerError } from './server-error.ts'

/** The text for a server's error. Without a message, the one that every database has for the code is used. */
interface Explanation {
  readonly message?: string
  readonly expected?: string
  readonly fix?: readonly Fix[]
}

export interface Refusal {
  readonly to: DatabaseTarget
  readonly error: ServerError
  readonly request: ServerRequest
}

const OTHERS_CERTIFICATE = forPerson(
  'where pg_hba.conf has `clientcert=verify-full` the server reports the same when the CN of the certificate in `tls.cert` is not the name of the user',
)

const CLIENT_CERTIFICATE = forPerson(
  "where pg_hba.conf has `cert` or `clientcert`: a certificate for this user, signed by the server's `ssl_ca_file`, in `tls.cert` and its key in `tls.key`",
)

/** A statement that a timeout ended may have been waiting for a lock. */
const CAN_WAIT = ['57014', '55P03']
const WAITING = forPerson(
  'if it waited for a lock: this lists the sessions that wait, and the processes that block each',
)
const WHO_BLOCKS = query(
  'SELECT pid, pg_blocking_pids(pid) AS blocked_by, usename, state, query FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0',
  SUPERUSER,
)

/** The codes of `sqlstate.ts` that have a text of their own. The others use `refused`. */
const EXPLANATIONS: { readonly [code in ErrorCode]?: (refusal: Refusal) => Explanation } = {
  DATABASE_PASSWORD_WRONG: ({ to }) => ({
    expected:
      'the password of this user; the server reports the same for a user that does not exist (`offbeat setup` creates it)',
    fix: [
      ...(to.certificate === true ? [OTHERS_CERTIFICATE] : []),
      PRESENT_PASSWORD,
      alternative(`give the user a new password, as an administrator of ${address(to)}`),
      inDatabase(`ALTER ROLE ${quoteIdentifier(to.user)} PASSWORD '<password>'`, SUPERUSER),
    ],
  }),
  DATABASE_LOGIN_REFUSED: loginRefused,
  DATABASE_MISSING: () => ({
    expected: 'the name of a database that exists there',
    fix: [query('SELECT datname FROM pg_database WHERE datallowconn ORDER BY 1', SUPERUSER)],
  }),
  DATABASE_CLOSED: databaseClosed,
  DATABASE_PERMISSION: permissionDenied,
  DATABASE_TOO_MANY_CONNECTIONS: tooManyConnections,
  POSTGRES_NO_SLOTS_LEFT: ({ to }) => ({
    message: `the server ${address(to)} has no free replication slot`,
    expected: 'a free slot: max_replication_slots above the number of slots in pg_replication_slots',
    fix: [
      query('SELECT slot_name, active, wal_status FROM pg_replication_slots', SUPERUSER),
      forPerson('drop a slot that is not needed'),
      alternative('raise the limit by the statement that this prints, and restart the server'),
      query(
        "SELECT format('ALTER SYSTEM SET max_replication_slots = %s', current_setting('max_replication_slots')::int + 10)",
        SUPERUSER,
      ),
    ],
  }),
  POSTGRES_SLOT_IN_USE: ({ to }) => ({
    message: `another connection on ${address(to)} is reading the replication slot`,
    expected: 'a slot that no client reads',
  }),
  DATABASE_STOPPING: ({ to, error }) =>
    error.sqlstate === '57P01'
      ? {
          message: `the server ${address(to)} ended the connection: it is shutting down, or it ended this session alone (pg_terminate_backend, or an invalidated slot)`,
        }
      : {},
  POSTGRES_ENCODING: ({ to }) => ({
    message: `the database ${to.database} on ${address(to)} has an encoding that the server cannot convert to UTF-8`,
    expected: 'a database with another encoding than MULE_INTERNAL',
    fix: [query('SELECT datname, pg_encoding_to_char(encoding) FROM pg_database', SUPERUSER)],
  }),
  POSTGRES_WAL_LEVEL: ({ to }) => ({
    message: `the server ${address(to)} does not write into its log what reading changes needs`,
    expected: 'wal_level = logical, on a standby also on its primary',
    fix: [inDatabase('ALTER SYSTEM SET wal_level = logical', SUPERUSER), forPerson('then restart the server')],
  }),
  POSTGRES_STANDBY: ({ to }) => ({
    message: `the server ${address(to)} is a standby of a version that cannot decode its log there`,
    expected: 'the primary, or a standby of PostgreSQL 16 or newer',
  }),
  DATABASE_OUT_OF_RESOURCES: ({ to, error, request }) => ({
    message: `the server ${address(to)} is out of ${resourceOf(error.sqlstate)}: ${request.object} failed`,
  }),
  DATABASE_STATEMENT_ENDED: ({ error }) => (CAN_WAIT.includes(error.sqlstate) ? { fix: [WAITING, WHO_BLOCKS] } : {}),
  POSTGRES_FUNCTION_FAILED: functionFailed,
}

export function explanationOf(code: ErrorCode, refusal: Refusal): Explanation & { readonly message: string } {
  const message = refusalInWords(code, refusal.to, refusal.request.object) ?? refused(refusal)
  return { message, ...EXPLANATIONS[code]?.(refusal) }
}

/** What the server refused, and on which object. */
function refused({ to, error, request }: Refusal): string {
  const what = request.statement === null ? request.object : `a statement on ${error.object ?? request.object}`
  return `the server ${address(to)} refused ${what}: ${error.severity} ${error.sqlstate}`
}

function functionFailed({ to, error, request }: Refusal): Explanation {
  const { table, statement } = request
  const name = error.inFunction == null || error.inFunction === '' ? '' : ` ${error.inFunction}`
  const triggers =
    table === null
      ? "SELECT evtname, evtfoid::regproc FROM pg_event_trigger WHERE evtevent = 'login' AND evtenabled <> 'D'"
      : `SELECT tgname, tgfoid::regproc FROM pg_trigger WHERE tgrelid = ${quoteLiteral(table)}::regclass AND NOT tgisinternal`
  return {
    message: `a function${name} of the database ${to.database} on ${address(to)} refused ${statement === null ? '' : 'a statement on '}${request.object}: ${error.severity} ${error.sqlstate}`,
    expected: 'triggers that let Offbeat work',
    fix: table === null && statement !== null ? [] : [query(triggers, SUPERUSER)],
  }
}

function resourceOf(sqlstate: string): string {
  if (sqlstate === '53100') return 'disk space'
  if (sqlstate === '53200') return 'memory'
  return sqlstate === '53400' ? 'space for temporary files (temp_file_limit)' : 'a resource'
}

/** The server's function that checks the database during a login. */
const DATABASE_CHECK = 'CheckMyDatabase'
/** The server's function that looks up the role: the role does not exist, or it has no LOGIN. Otherwise pg_hba.conf decided. */
const ROLE_LOOKUP = 'InitializeSessionUserId'

function databaseClosed({ to, error }: Refusal): Explanation {
  const name = quoteIdentifier(to.database)
  if (error.routine === DATABASE_CHECK)
    return {
      expected: 'a database with ALLOW_CONNECTIONS true',
      fix: [inDatabase(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`, SUPERUSER, { note: 'from another database' })],
    }
  return {
    message: `the database ${to.database} on ${address(to)} is invalid: dropping it was interrupted`,
    expected: 'another database in the configuration; this one can only be dropped',
    fix: [query('SELECT datname FROM pg_database WHERE datallowconn AND datconnlimit <> -2 ORDER BY 1', SUPERUSER)],
  }
}

function permissionDenied({ to, error }: Refusal): Explanation {
  if (error.routine !== DATABASE_CHECK) return {}
  return {
    message: `the user ${to.user} cannot connect to the database ${to.database} on ${address(to)}`,
    expected: 'the privilege CONNECT on the database',
    fix: [
      inDatabase(`GRANT CONNECT ON DATABASE ${quoteIdentifier(to.database)} TO ${quoteIdentifier(to.user)}`, SUPERUSER),
    ],
  }
}

function tooManyConnections({ to, error }: Refusal): Explanation {
  const users = query(
    'SELECT usename, application_name, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC',
    SUPERUSER,
  )
  if (error.routine === ROLE_LOOKUP)
    return {
      expected: 'a connection within the CONNECTION LIMIT of the role',
      fix: [
        users,
        inDatabase(`ALTER ROLE ${quoteIdentifier(to.user)} CONNECTION LIMIT -1`, SUPERUSER, { note: 'no limit' }),
      ],
    }
  if (error.routine === DATABASE_CHECK)
    return {
      expected: 'a connection within the CONNECTION LIMIT of the database',
      fix: [
        users,
        inDatabase(`ALTER DATABASE ${quoteIdentifier(to.database)} CONNECTION LIMIT -1`, SUPERUSER, {
          note: 'no limit',
        }),
      ],
    }
  return { fix: [query('SHOW max_connections', SUPERUSER), query('SHOW max_wal_senders', SUPERUSER), users] }
}

function loginRefused({ to, error }: Refusal): Explanation {
  if (error.routine === ROLE_LOOKUP)
    return { expected: 'a role with the attribute LOGIN', fix: roleFix(to, error.message ?? '') }
  const type = to.tls === 'disable' ? 'host' : 'hostssl'
  return {
    expected: `a line of pg_hba.conf that matches the user, the database, the address of this machine and TLS (tls.mode is \`${to.tls}\`)`,
    fix: [
      ...(to.tls === 'disable' ? [] : [CLIENT_CERTIFICATE]),
      forPerson(
        `in pg_hba.conf: ${type} ${hbaName(to.database)} ${hbaName(to.user)} <address of this machine>/32 scram-sha-256`,
      ),
      inDatabase('SELECT pg_reload_conf()', SUPERUSER),
    ],
  }
}

/** Only the message tells which of the two it is, and it is in the server's language. */
function roleFix({ user }: DatabaseTarget, words: string): readonly Fix[] {
  const login = inDatabase(`ALTER ROLE ${quoteIdentifier(user)} LOGIN`, SUPERUSER)
  const create = inDatabase(`CREATE ROLE ${quoteIdentifier(user)} LOGIN REPLICATION PASSWORD '<password>'`, SUPERUSER)
  if (/is not permitted to log in/.test(words)) return [login]
  if (/does not exist/.test(words)) return [create]
  return [forPerson('if the role exists'), login, alternative('if it does not'), create]
}
