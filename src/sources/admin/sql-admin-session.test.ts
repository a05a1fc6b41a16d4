import { describe, expect, it } from 'vitest'
import { OffbeatError } from '../../model/error.ts'
import { Secret } from '../../model/secret.ts'
import { openSqlAdmin, type SqlAdmin, type SqlSession } from './sql-admin-session.ts'
import { PASSWORD, type SqlStep, stepIn } from './sql-step.ts'

const { signal } = new AbortController()
const DONE = { query: 'SELECT done', params: [] }
const user = stepIn('shop')('user', 'Because.', { run: [`CREATE USER u PASSWORD ${PASSWORD}`], done: DONE })

class RecordedSession implements SqlSession {
  isOpen = true
  readonly #database: string | null
  readonly #said: string[]
  readonly #answer: string | null | OffbeatError

  constructor(database: string | null, said: string[], answer: string | null | OffbeatError) {
    this.#database = database
    this.#said = said
    this.#answer = answer
  }

  async query(text: string) {
    this.#said.push(`${this.#database}: ${text}`)
    if (this.#answer instanceof OffbeatError) throw this.#answer
    return [{ first: this.#answer, second: 'unread' }]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isOpen = false
    this.#said.push(`${this.#database}: closed`)
  }
}

async function opened(answer: string | null | OffbeatError, more: Partial<SqlAdmin<RecordedSession>> = {}) {
  const said: string[] = []
  const sessions: RecordedSession[] = []
  const admin = await openSqlAdmin(
    {
      captured: 'shop',
      connect: async (database: string | null) => {
        said.push(`${database}: opened`)
        const session = new RecordedSession(database, said, answer)
        sessions.push(session)
        return session
      },
      target: async () => ({ is: 'same' as const }),
      isMissing: ({ code }: OffbeatError) => code === 'DATABASE_MISSING',
      ...more,
    },
    signal,
  )
  return { admin, said, sessions }
}

function errorOf(code: 'DATABASE_MISSING' | 'DATABASE_ERROR'): OffbeatError {
  return new OffbeatError(code, { message: code })
}

describe("the state of a step, as an administrator's session sees it", () => {
  it.each([
    ['t', 'there'],
    ['true', 'there'],
    ['1', 'there'],
    ['f', 'missing'],
    ['0', 'missing'],
    [null, 'missing'],
  ] as const)('is, of a first column %s, %s', async (answer, state) => {
    const { admin } = await opened(answer)
    expect(await admin.state(user, signal)).toBe(state)
  })

  it('is missing where the server does not know what it is asked about, and any other error is one', async () => {
    expect(await (await opened(errorOf('DATABASE_MISSING'))).admin.state(user, signal)).toBe('missing')
    const { admin } = await opened(errorOf('DATABASE_ERROR'))
    await expect(admin.state(user, signal)).rejects.toMatchObject({ code: 'DATABASE_ERROR' })
  })

  it('is unknown, without a question to the server, where the step has none', async () => {
    const { admin, said } = await opened('t')
    const unasked: SqlStep = { ...user, done: null }
    expect(await admin.state(unasked, signal)).toBe('unknown')
    expect(said).toEqual(['shop: opened'])
  })
})

describe('applying a step', () => {
  const withPassword: SqlStep = { ...user, placeholder: PASSWORD, passwordLiteral: (secret) => `'${secret.reveal()}'` }

  it('takes the password as it is, also one that looks like a pattern', async () => {
    const { admin, said } = await opened('t')
    await admin.apply(withPassword, new Secret("$&$'"), signal)
    expect(said.at(-1)).toBe("shop: CREATE USER u PASSWORD '$&$''")
  })

  it('runs what the statements of a generating step return', async () => {
    const { admin, said } = await opened('GRANT SELECT ON a TO u')
    const generating = stepIn(null)('grants', 'Because.', { run: ['SELECT grants'], done: DONE, generates: true })
    await admin.apply(generating, null, signal)
    expect(said.slice(1)).toEqual(['null: opened', 'null: SELECT grants', 'null: GRANT SELECT ON a TO u'])
  })

  it('never sends a placeholder that nothing replaces', async () => {
    const { admin, said } = await opened('t')
    const { passwordLiteral: _, ...step } = withPassword
    await expect(admin.apply(step, new Secret('x'), signal)).rejects.toMatchObject({ code: 'DEFECT' })
    expect(said).toEqual(['shop: opened'])
  })
})

describe("the sessions of an administrator's session", () => {
  it('are one for each database, opened again after one broke, and closed with it', async () => {
    const { admin, said, sessions } = await opened('t')
    const fix = { in: 'database', text: 'DROP x', by: 'somebody' } as const
    await admin.run({ ...fix, at: 'postgres' }, signal)
    await admin.run({ ...fix, at: null }, signal)
    for (const session of sessions) session.isOpen = session === sessions[1]
    await admin.run({ ...fix, at: null }, signal)
    await admin[Symbol.asyncDispose]()
    expect(said).toEqual([
      'shop: opened',
      'postgres: opened',
      'postgres: DROP x',
      'shop: DROP x',
      'shop: opened',
      'shop: DROP x',
      'shop: closed',
      'postgres: closed',
    ])
  })

  it('are closed when the server turns out to be one where nothing is to be changed', async () => {
    const said: string[] = []
    const refused = openSqlAdmin(
      {
        captured: 'shop',
        connect: async (database) => new RecordedSession(database, said, 't'),
        target: async () => {
          throw errorOf('DATABASE_ERROR')
        },
        isMissing: () => false,
      },
      signal,
    )
    await expect(refused).rejects.toMatchObject({ code: 'DATABASE_ERROR' })
    expect(said).toEqual(['shop: closed'])
  })
})
