import { OffbeatError } from '../../../model/error.ts'
import type { StatementFix } from '../../../model/fix.ts'
import type { Secret } from '../../../model/secret.ts'
import { adminConnection } from '../../admin/admin-connection.ts'
import { adminPlace, type ServerIdentity } from '../../admin/admin-place.ts'
import type { AdminPlace, AdminSession, StepEvidence, StepState } from '../../admin-session.ts'
import { fullConnection } from '../../connection-schema.ts'
import type { Context } from '../../source.ts'
import { POSTGRESQL_DEFAULTS, type PostgresqlConfig } from '../config.ts'
import { connectPostgres, type PostgresConnection, type TextRow } from '../connect/connection.ts'
import { identityAt, identityOf } from '../connect/server-identity.ts'
import { tooOld } from '../inspect/server-facts.ts'
import { passwordLiteral } from '../setup/password-literal.ts'
import type { Listing, PostgresqlStep, Question } from '../setup/postgresql-step.ts'

const STATEMENT_TIMEOUT_MS = 60_000
const SOURCE_TIMEOUT_MS = 5000

/** A table, a schema, a role or other object, a column, or a function that is not there. */
const MISSING: ReadonlySet<unknown> = new Set(['42P01', '3F000', '42704', '42703', '42883'])

/** Connects at once, so that a wrong URL is known before anything is shown as to be done. */
export async function openAdminSession(
  config: PostgresqlConfig,
  url: Secret,
  context: Context,
  signal: AbortSignal = new AbortController().signal,
): Promise<AdminSession> {
  // `readOnly` is about the connector's own connection: what makes that one possible is written here.
  const connection = fullConnection(adminConnection(config, url, POSTGRESQL_DEFAULTS), POSTGRESQL_DEFAULTS)
  const own = { ...config, readOnly: false, connection }
  const session = new PostgresAdminSession(own, context.source)
  try {
    await refuseOld(session, signal)
    const question = {
      idName: 'system identifier',
      ofAdmin: (until: AbortSignal) => session.identity(until),
      ofSource: (until: AbortSignal) => identityAt(config, context.source, until, SOURCE_TIMEOUT_MS),
    }
    session.place = await adminPlace(config, own.connection, question, signal)
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
  return session
}

/** Before anything is made there. */
async function refuseOld(session: PostgresAdminSession, signal: AbortSignal): Promise<void> {
  const error = tooOld(await session.version(signal))
  if (error !== null) throw error
}

class PostgresAdminSession implements AdminSession {
  place: AdminPlace = { is: 'same' }
  readonly #config: PostgresqlConfig
  readonly #source: string
  readonly #captured: string
  readonly #connections = new Map<string, PostgresConnection>()

  constructor(config: PostgresqlConfig, source: string) {
    this.#config = config
    this.#source = source
    this.#captured = config.connection.database
  }

  async state(step: PostgresqlStep, signal: AbortSignal): Promise<StepState> {
    if (step.done === null) return 'unknown'
    try {
      const [first] = await this.#list(step.done, signal, step.database)
      return first === 't' || first === 'true' ? 'there' : 'missing'
    } catch (error) {
      if (error instanceof OffbeatError && MISSING.has(error.details['sqlstate'])) return 'missing'
      throw error
    }
  }

  async evidence(step: PostgresqlStep, signal: AbortSignal): Promise<StepEvidence> {
    const { evidence = [], remedies } = step
    const found = 'query' in evidence ? await this.#inWords(evidence, signal, step.database) : evidence
    if (remedies === undefined) return { found, remedies: [], isComplete: false }
    const rows = await this.#list(remedies, signal, step.database)
    return { found, remedies: rows.map(remedies.fixOf), isComplete: remedies.replaces === true && rows.length > 0 }
  }

  async apply(step: PostgresqlStep, password: Secret | null, signal: AbortSignal): Promise<void> {
    for (const { text } of step.fix) {
      await this.#query({ query: withPassword(text, password, step), params: [] }, signal, step.database)
    }
  }

  async run({ text, at }: StatementFix, signal: AbortSignal): Promise<void> {
    await this.#query({ query: text, params: [] }, signal, at ?? this.#captured)
  }

  async identity(signal: AbortSignal): Promise<ServerIdentity> {
    const connection = await this.#connection(this.#captured, signal)
    return await identityOf(connection, { signal, timeoutMs: STATEMENT_TIMEOUT_MS })
  }

  async version(signal: AbortSignal): Promise<number> {
    const [version] = await this.#list({ query: "SELECT current_setting('server_version_num')", params: [] }, signal)
    return Number(version)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [...this.#connections.values()]
    this.#connections.clear()
    await Promise.all(open.map((connection) => connection[Symbol.asyncDispose]()))
  }

  async #inWords(listing: Listing, signal: AbortSignal, database: string): Promise<readonly string[]> {
    const rows = await this.#list(listing, signal, database)
    return listing.inWords?.(rows) ?? rows
  }

  /** The first column of every row; NULL is left out. */
  async #list(question: Question, signal: AbortSignal, database?: string): Promise<readonly string[]> {
    const rows = await this.#query(question, signal, database)
    return rows.flatMap((row) => Object.values(row)[0] ?? [])
  }

  async #query(
    { query, params }: Question,
    signal: AbortSignal,
    database = this.#captured,
  ): Promise<readonly TextRow[]> {
    const connection = await this.#connection(database, signal)
    return await connection.query(query, params, { signal, timeoutMs: STATEMENT_TIMEOUT_MS })
  }

  async #connection(database: string, signal: AbortSignal): Promise<PostgresConnection> {
    const known = this.#connections.get(database)
    if (known?.isOpen === true) return known
    const config = { ...this.#config, connection: { ...this.#config.connection, database } }
    const connection = await connectPostgres(config, { source: this.#source, use: 'admin', signal })
    this.#connections.set(database, connection)
    return connection
  }
}

function withPassword(statement: string, password: Secret | null, step: PostgresqlStep): string {
  const { placeholder, takesVerifier = false } = step
  if (placeholder === undefined || password === null) return statement
  // By a function, since a password may hold what `replace` takes for a pattern.
  return statement.replace(placeholder, () => passwordLiteral(password, takesVerifier))
}
