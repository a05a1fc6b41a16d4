/** What a session is for: reading the log, reading catalogs, writing the heartbeat, or an administrator's statements. */
export type SessionUse = 'log' | 'look' | 'beat' | 'admin'

export interface Settings {
  readonly [setting: string]: string
}

/** A role's or a database's timeout is meant for people and applications: under it a slot could never be created, nor a beat written. */
const WITHOUT_TIMEOUTS: Settings = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
}

/** What our statements rely on: how literals are read, that no policy hides rows by an error, that a read never waits for a snapshot. */
const PLAIN: Settings = {
  standard_conforming_strings: 'on',
  row_security: 'on',
  exit_on_error: 'off',
  client_min_messages: 'warning',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
}

/** The server writes values as text by these, and the writers of `values.ts` rely on each. */
const OUTPUT: Settings = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO',
  IntervalStyle: 'iso_8601',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  /** The shortest text that is the same number again. */
  extra_float_digits: '1',
  lc_monetary: 'C',
}

/** The names of regclass and its like are written with their schema unless it is pg_catalog. */
const CATALOG_PATH: Settings = { search_path: 'pg_catalog', quote_all_identifiers: 'off' }

const LOOK_TIMEOUT_MS = 15_000

/**
 * The settings of every session of ours, given as startup options, which count for more than those of the role, the database and the server. A beat's
 * `statement_timeout` depends on its interval. What is not here keeps the role's value: `role`, and in a beat `search_path`, for triggers.
 */
export const SETTINGS_OF: { readonly [use in SessionUse]: Settings } = {
  log: { ...WITHOUT_TIMEOUTS, ...PLAIN, ...OUTPUT, ...CATALOG_PATH },
  look: {
    ...WITHOUT_TIMEOUTS,
    ...PLAIN,
    ...OUTPUT,
    ...CATALOG_PATH,
    statement_timeout: String(LOOK_TIMEOUT_MS),
  },
  beat: { ...WITHOUT_TIMEOUTS, ...PLAIN },
  /**
   * The server gives up before we do, so that no statement runs after we reported that it failed. A statement that waits for a lock holds up
   * all that come after it, so it must not wait for long on a production table.
   */
  admin: {
    ...WITHOUT_TIMEOUTS,
    ...PLAIN,
    ...OUTPUT,
    statement_timeout: '55s',
    lock_timeout: '5s',
    default_transaction_read_only: 'off',
  },
}

interface LateSetting {
  readonly name: string
  readonly value: string
  readonly since: number
  readonly in: readonly SessionUse[]
}

/**
 * Set after the login: a startup option that the server does not know ends the connection, and the reset value of
 * `default_transaction_read_only` is to stay that of the role, which the doctor reads.
 */
const LATE: readonly LateSetting[] = [
  { name: 'transaction_timeout', value: '0', since: 17, in: ['log', 'look', 'beat', 'admin'] },
  { name: 'idle_session_timeout', value: '0', since: 14, in: ['log', 'look', 'beat', 'admin'] },
  { name: 'default_transaction_read_only', value: 'on', since: 0, in: ['look'] },
]

/** Sent with the settings above. A session without it did not get them either: there is a pooler in between. */
export const SETTINGS_MARK: Settings = { 'offbeat.settings': 'on' }
const IS_MARKED = "coalesce(current_setting('offbeat.settings', true) = 'on', false)"

/**
 * The statement that a session begins with: `role`, whose privileges count for its statements, and `marked`. It sets nothing where the mark
 * is missing: there the server's session belongs to others next.
 */
export function openingStatement(use: SessionUse, majorVersion: number): string {
  const known = LATE.filter((setting) => majorVersion >= setting.since && setting.in.includes(use))
  const late = known.map(({ name, value }) => `set_config('${name}', '${value}', false)`)
  const set = late.length === 0 ? '' : `, CASE WHEN ${IS_MARKED} THEN concat(${late.join(', ')}) END AS late`
  return `SELECT current_user::text AS role, (${IS_MARKED})::text AS marked${set}`
}

/** The value of the startup parameter `options`: a backslash keeps a blank in its value. */
export function startupOptions(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
    .join(' ')
}
