/**
 * What the session that reads the log must be set to: the server writes values as text by these, and the writers of `values.ts` rely
 * on each. Given as startup options, so that a role's or a database's own settings do not count.
 */
export const SESSION_SETTINGS: { readonly [setting: string]: string } = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO',
  IntervalStyle: 'iso_8601',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  /** The shortest text that is the same number again. */
  extra_float_digits: '1',
  lc_monetary: 'C',
  /** The names of regclass and its like are written with their schema unless it is pg_catalog. */
  search_path: 'pg_catalog',
}
