import type { ServerTarget } from '../../connect/server-target.ts'

/** What the server was asked when it answered with an error, in a form that can be printed. */
export interface ServerRequest {
  /** Shortened, without secrets; null: a login. */
  readonly statement: string | null
  /** "the table public.orders", "the replication slot shop" */
  readonly object: string
  /** The table that is written, as the statement has it. */
  readonly table: string | null
}

const LONGEST_STATEMENT = 200

export function loginRequest({ user, database }: Pick<ServerTarget, 'user' | 'database'>): ServerRequest {
  return { statement: null, object: `the login of the user ${user} to the database ${database}`, table: null }
}

/** Parameters are sent apart from the statement's text, so that no row's value is in it. */
export function statementRequest(text: string, { database }: Pick<ServerTarget, 'database'>): ServerRequest {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  const table = firstOf(WRITES, line)
  return { statement: shortened(line), object: objectOf(line) ?? `the database ${database}`, table }
}

/** What follows PASSWORD is a secret, whatever it looks like. */
function shortened(line: string): string {
  const open = line.replace(/(\bPASSWORD\s+)\S[\s\S]*$/i, '$1...')
  return open.length <= LONGEST_STATEMENT ? open : `${open.slice(0, LONGEST_STATEMENT)} ...`
}

const NAME = String.raw`((?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+))*)`
const WRITES = new RegExp(`^(?:UPDATE|INSERT INTO|DELETE FROM|TRUNCATE) ${NAME}`, 'i')
const KINDS = 'TABLE|PUBLICATION|SCHEMA|DATABASE|ROLE|USER|EXTENSION|SEQUENCE|FUNCTION'
const CHANGES = new RegExp(`^(?:CREATE|ALTER|DROP) (${KINDS}) (?:IF (?:NOT )?EXISTS )?(?:ONLY )?${NAME}`, 'i')
const SLOT = new RegExp(`^(?:START_REPLICATION SLOT|[A-Z]+_REPLICATION_SLOT) ${NAME}`)
const CALL = /^SELECT (?:pg_catalog\.)?(pg_\w+)\(/i
const RELATION = new RegExp(String.raw` FROM (?:ONLY )?${NAME}(?!\()\b`, 'i')

function objectOf(line: string): string | null {
  const slot = firstOf(SLOT, line)
  if (slot !== null) return `the replication slot ${unquoted(slot)}`
  const table = firstOf(WRITES, line)
  if (table !== null) return `the table ${table}`
  const [, kind, name] = CHANGES.exec(line) ?? []
  if (kind !== undefined) return `the ${kind.toLowerCase()} ${name}`
  const called = firstOf(CALL, line)
  if (called !== null) return `the function ${called}`
  const relation = firstOf(RELATION, line)
  return relation === null ? null : `the relation ${relation}`
}

function firstOf(pattern: RegExp, line: string): string | null {
  return pattern.exec(line)?.[1] ?? null
}

/** In commands of the replication protocol every name is quoted. */
function unquoted(name: string): string {
  return /^"[^"]+"$/.test(name) ? name.slice(1, -1) : name
}
