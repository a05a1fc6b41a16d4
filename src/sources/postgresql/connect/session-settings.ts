/** What a session is for: reading the log, reading catalogs, writing the heartbeat, or an administrator's statements. */
export type SessionUse = 'log' | 'inspect' | 'beat' | 'admin'

export interface Settings {
  readonly [setting: string]: string
}

/**
 * The timeout of a role or a database is meant for people and applications. With it, a slot might never be created and a heartbeat never
 * written.
 */
const WITHOUT_TIMEOUTS: Settings = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
}

/**
 * What our statements rely on: how literals are read, that row-level security filters rows and raises no error, that a read never waits for
 * a snapshot.
 */
const PLAIN: Settings = {
  standard_conforming_strings: 'on',
  row_security: 'on',
  exit_on_error: 'off',
  client_min_messages: 'warning',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
}

/** The server writes values as text according to these settings, and the writers in `values/` rely on each of them. */
const OUTPUT: Settings = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO',
  IntervalStyle: 'iso_8601',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  /** The shortest text that reads back as the same number. */
  extra_float_digits: '1',
  lc_monetary: 'C',
}

/** The server writes names in regclass and similar types with their schema, unless it is pg_catalog. */
const CATALOG_PATH: Settings = { search_path: 'pg_catalog', quote_all_identifiers: 'off' }

const INSPECTION_TIMEOUT_MS = 15_000

/**
 * The settings of each of our sessions, sent as startup options, which override those of the role, the database and the server. A
 * heartbeat's `statement_timeout` depends on its interval. A setting that is not here keeps the role's value: `role`, and for a heartbeat
 * `search_path`, which triggers may need.
 */
export const SETTINGS_OF: { readonly [use in SessionUse]: Settings } = {
  log: { ...WITHOUT_TIMEOUTS, ...PLAIN, ...OUTPUT, ...CATALOG_PATH },
  inspect: {
    ...WITHOUT_TIMEOUTS,
    ...PLAIN,
    ...OUTPUT,
    ...CATALOG_PATH,
    statement_timeout: String(INSPECTION_TIMEOUT_MS),
  },
  beat: { ...WITHOUT_TIMEOUTS, ...PLAIN },
  /**
   * The server times out before we do, so that no statement runs after we reported its failure. A statement that waits for a lock blocks
   * all later ones, so on a production table it must not wait long.
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
 * These are set after the login, for two reasons. A startup option that the server does not know ends the connection. And the reset value
 * of `default_transaction_read_only` must stay that of the role, since the doctor reads it.
 */
const LATE: readonly LateSetting[] = [
  { name: 'transaction_timeout', value: '0', since: 17, in: ['log', 'inspect', 'beat', 'admin'] },
  { name: 'idle_session_timeout', value: '0', since: 14, in: ['log', 'inspect', 'beat', 'admin'] },
  { name: 'default_transaction_read_only', value: 'on', since: 0, in: ['inspect'] },
]

/** Sent with the settings above. If a session does not have it, it did not receive the settings either: there is a pooler in between. */
export const SETTINGS_MARK: Settings = { 'offbeat.settings': 'on' }
const IS_MARKED = "coalesce(current_setting('offbeat.settings', true) = 'on', false)"

/**
 * The first statement of a session. It returns `role`, whose privileges apply to the session's statements, and `marked`. It sets nothing if
 * the mark is missing: the server's session behind a pooler is used by other clients next.
 */
export function openingStatement(use: SessionUse, majorVersion: number): string {
  const known = LATE.filter((setting) => majorVersion >= setting.since && setting.in.includes(use))
  const late = known.map(({ name, value }) => `set_config('${name}', '${value}', false)`)
  const set = late.length === 0 ? '' : `, CASE WHEN ${IS_MARKED} THEN concat(${late.join(', ')}) END AS late`
  return `SELECT current_user::text AS role, (${IS_MARKED})::text AS marked${set}`
}

/** The value of the startup parameter `options`. A space in a setting's value is escaped with a backslash. */
export function startupOptions(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
    .join(' ')
}
