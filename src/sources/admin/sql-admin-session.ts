import { OffbeatError } from '../../model/error.ts'
import type { StatementFix } from '../../model/fix.ts'
import type { Secret } from '../../model/secret.ts'
import type { AdminSession, AdminTarget, StepRemedies, StepState } from '../admin-session.ts'
import type { Listing, Question, SqlStep } from './sql-step.ts'

/** Longer than the server's own statement timeout, so that no statement runs after we reported its failure. */
const STATEMENT_TIMEOUT_MS = 60_000

/** The text forms of true in the database drivers. */
const TRUE: readonly (string | undefined)[] = ['t', 'true', '1']

/** An administrator's session in one database. */
export interface SqlSession extends AsyncDisposable {
  readonly isOpen: boolean
  /** Returns rows with their columns in order, each value as text; null for NULL. Rejects with a classified error. */
  query(
    text: string,
    params: readonly string[],
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<readonly { readonly [column: string]: string | null }[]>
}

/** What a database implements for an administrator's session. */
export interface SqlAdmin<Session extends SqlSession> {
  /** The database that the source captures. null: the source reads the whole server. */
  readonly captured: string | null
  connect(database: string | null, signal: AbortSignal): Promise<Session>
  /** Called first, with the session in the captured database. Throws if nothing may be changed there. */
  target(session: Session, signal: AbortSignal): Promise<AdminTarget>
  /** Whether the error means that the object of a question does not exist. */
  isMissing(error: OffbeatError): boolean
}

/** Connects at once, so that a wrong URL is found before any step is shown. */
export async function openSqlAdmin<Session extends SqlSession>(
  admin: SqlAdmin<Session>,
  signal: AbortSignal,
): Promise<AdminSession> {
  const sessions = new Sessions(admin)
  try {
    const target = await admin.target(await sessions.of(admin.captured, signal), signal)
    return new SqlAdminSession(admin, sessions, target)
  } catch (error) {
    await sessions[Symbol.asyncDispose]()
    throw error
  }
}

/** One session per database, opened on first use. */
class Sessions<Session extends SqlSession> implements AsyncDisposable {
  readonly #admin: SqlAdmin<Session>
  readonly #open = new Map<string | null, Session>()

  constructor(admin: SqlAdmin<Session>) {
    this.#admin = admin
  }

  async of(database: string | null, signal: AbortSignal): Promise<Session> {
    const known = this.#open.get(database)
    if (known?.isOpen === true) return known
    const session = await this.#admin.connect(database, signal)
    this.#open.set(database, session)
    return session
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(open.map((session) => session[Symbol.asyncDispose]()))
  }
}

class SqlAdminSession<Session extends SqlSession> implements AdminSession {
  readonly target: AdminTarget
  readonly #admin: SqlAdmin<Session>
  readonly #sessions: Sessions<Session>

  constructor(admin: SqlAdmin<Session>, sessions: Sessions<Session>, target: AdminTarget) {
    this.#admin = admin
    this.#sessions = sessions
    this.target = target
  }

  async state(step: SqlStep, signal: AbortSignal): Promise<StepState> {
    if (step.done === null) return 'unknown'
    try {
      const [first] = await this.#list(step.done, step.database, signal)
      return TRUE.includes(first) ? 'there' : 'missing'
    } catch (error) {
      if (error instanceof OffbeatError && this.#admin.isMissing(error)) return 'missing'
      throw error
    }
  }

  async evidence({ evidence = [], database }: SqlStep, signal: AbortSignal): Promise<readonly string[]> {
    return 'query' in evidence ? await this.#inWords(evidence, database, signal) : evidence
  }

  async remedies({ remedies, database }: SqlStep, signal: AbortSignal): Promise<StepRemedies> {
    if (remedies === undefined) return { fixes: [], areComplete: false }
    const rows = await this.#list(remedies, database, signal)
    return { fixes: rows.map(remedies.fixOf), areComplete: remedies.replaces === true && rows.length > 0 }
  }

  async apply(step: SqlStep, password: Secret | null, signal: AbortSignal): Promise<void> {
    for (const { text } of step.fix) {
      const statement = withPassword(text, password, step)
      if (step.generates === true) await this.#runGenerated(statement, step.database, signal)
      else await this.#run(statement, step.database, signal)
    }
  }

  async run({ text, at }: StatementFix, signal: AbortSignal): Promise<void> {
    await this.#run(text, at ?? this.#admin.captured, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sessions[Symbol.asyncDispose]()
  }

  async #runGenerated(text: string, database: string | null, signal: AbortSignal): Promise<void> {
    const statements = await this.#list({ query: text, params: [] }, database, signal)
    for (const statement of statements) await this.#run(statement, database, signal)
  }

  async #run(text: string, database: string | null, signal: AbortSignal): Promise<void> {
    await this.#query({ query: text, params: [] }, database, signal)
  }

  async #inWords(listing: Listing, database: string | null, signal: AbortSignal): Promise<readonly string[]> {
    const rows = await this.#list(listing, database, signal)
    return listing.inWords?.(rows) ?? rows
  }

  /** The first column of every row, without NULLs. */
  async #list(question: Question, database: string | null, signal: AbortSignal): Promise<readonly string[]> {
    const rows = await this.#query(question, database, signal)
    return rows.flatMap((row) => Object.values(row)[0] ?? [])
  }

  async #query({ query, params }: Question, database: string | null, signal: AbortSignal) {
    const session = await this.#sessions.of(database, signal)
    return await session.query(query, params, { signal, timeoutMs: STATEMENT_TIMEOUT_MS })
  }
}

function withPassword(statement: string, password: Secret | null, step: SqlStep): string {
  const { placeholder, passwordLiteral } = step
  if (placeholder === undefined || password === null) return statement
  if (passwordLiteral === undefined)
    throw new OffbeatError('DEFECT', {
      message: `the step ${step.id} sets a password and does not say how it is written`,
    })
  // A function, because a password can contain characters that `replace` treats as a replacement pattern.
  return statement.replace(placeholder, () => passwordLiteral(password))
}
