import type { ServerTarget } from './server-target.ts'

/** The request that the server answered with an error, in printable form. */
export interface ServerRequest {
  /** Shortened and without secrets; null: a login. */
  readonly statement: string | null
  /** "the table public.orders", "the replication slot shop" */
  readonly object: string
  /** The table that is written, as named in the statement. */
  readonly table: string | null
}

const LONGEST_STATEMENT = 200

export function loginRequest({ user, database }: Pick<ServerTarget, 'user' | 'database'>): ServerRequest {
  const to = database === null ? '' : ` to the database ${database}`
  return { statement: null, object: `the login of the user ${user}${to}`, table: null }
}

/**
 * An SQL statement. Its parameters are sent separately, so its text contains no row values. `own`: returns the object of a statement that
 * only this database has, from the statement in one line; null: it is another statement.
 */
export function statementRequest(
  text: string,
  { database }: Pick<ServerTarget, 'database'>,
  own: (line: string) => string | null = () => null,
): ServerRequest {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  const table = firstOf(WRITES, line)
  const object = own(line) ?? objectOf(line) ?? (database === null ? 'the server' : `the database ${database}`)
  return { statement: shortened(line), object, table }
}

/** Everything after these keywords is treated as a secret. */
const SECRET = /(\b(?:PASSWORD|IDENTIFIED (?:WITH \S+ )?(?:BY|AS|USING))\b[\s=(]*)\S[\s\S]*$/i

function shortened(line: string): string {
  const open = line.replace(SECRET, '$1...')
  return open.length <= LONGEST_STATEMENT ? open : `${open.slice(0, LONGEST_STATEMENT)} ...`
}

/** An unquoted name, or one in the quotes of any of the databases. */
const PART = '(?:"(?:[^"]|"")+"|`(?:[^`]|``)+`|\\[[^\\]]+\\]|[\\w$#]+)'
const NAME = String.raw`(${PART}(?:\.${PART})*)`
/** A user of MySQL with its host, in quotes or backticks. */
const ACCOUNT = "(?:'[^']*'|`(?:[^`]|``)+`)@(?:'[^']*'|`(?:[^`]|``)+`)"
const WRITES = new RegExp(`^(?:UPDATE|INSERT INTO|DELETE FROM|TRUNCATE) ${NAME}`, 'i')
const KINDS = 'TABLE|PUBLICATION|SCHEMA|DATABASE|ROLE|USER|EXTENSION|SEQUENCE|FUNCTION|EVENT|LOGIN'
const CHANGES = new RegExp(
  `^(?:CREATE|ALTER|DROP) (${KINDS}) (?:IF (?:NOT )?EXISTS )?(?:ONLY )?(${ACCOUNT}|${NAME})`,
  'i',
)
const RELATION = new RegExp(String.raw` FROM (?:ONLY )?${NAME}(?!\()\b`, 'i')

function objectOf(line: string): string | null {
  const table = firstOf(WRITES, line)
  if (table !== null) return `the table ${table}`
  const [, kind, name] = CHANGES.exec(line) ?? []
  if (kind !== undefined) return `the ${kind.toLowerCase()} ${name}`
  const relation = firstOf(RELATION, line)
  return relation === null ? null : `the relation ${relation}`
}

export function firstOf(pattern: RegExp, line: string): string | null {
  return pattern.exec(line)?.[1] ?? null
}
