import type { Document } from 'mongodb'
import { OffbeatError } from '../../../model/error.ts'
import type { StatementFix } from '../../../model/fix.ts'
import type { Secret } from '../../../model/secret.ts'
import { adminConnection } from '../../admin/admin-connection.ts'
import { adminTarget } from '../../admin/admin-target.ts'
import type { AdminSession, AdminTarget, StepRemedies, StepState } from '../../admin-session.ts'
import type { Context } from '../../source.ts'
import { MONGODB_DEFAULTS, type MongodbConfig } from '../config.ts'
import { splitShellCommand } from '../connect/command-text.ts'
import { connectMongodb, type MongodbConnection } from '../connect/connection.ts'
import type { MongodbStep } from '../setup/mongodb-step.ts'
import { asAdministrator } from './administrator-denied.ts'
import { compareDeployments } from './same-deployment.ts'

const SOURCE_TIMEOUT_MS = 5000

export async function openAdminSession(
  config: MongodbConfig,
  url: Secret,
  { source }: Context,
  signal: AbortSignal = new AbortController().signal,
): Promise<AdminSession> {
  const connection = adminConnection(config, url, MONGODB_DEFAULTS)
  const { user } = connection
  const admin = await asAdministrator(user, async () =>
    connectMongodb({ ...config, connection }, { source, readFrom: 'primary', signal }),
  )
  try {
    const target = await adminTarget(
      config,
      connection,
      async (names, asked) => {
        const about = { source, signal: asked, connectTimeoutMs: SOURCE_TIMEOUT_MS }
        await using other = await connectMongodb(config, about)
        const compared = await compareDeployments(admin, other, asked)
        const found = `${names.admin} has ${compared.admin}, ${names.source} has ${compared.source}`
        if (compared.is === 'unknown') throw unproven(found)
        return compared.is === 'same' ? null : found
      },
      signal,
    )
    return new MongodbAdminSession(admin, { target, user })
  } catch (error) {
    await admin[Symbol.asyncDispose]()
    throw error
  }
}

/** Through a router, there is only the id to compare, which the user of the source cannot see before it has its role. */
function unproven(found: string): OffbeatError {
  const message = `only the names of the deployments are the same: ${found}`
  return new OffbeatError('MONGODB_SET_UNVERIFIED', { message })
}

class MongodbAdminSession implements AdminSession {
  readonly target: AdminTarget
  readonly #connection: MongodbConnection
  readonly #user: string | null

  constructor(connection: MongodbConnection, about: { readonly target: AdminTarget; readonly user: string | null }) {
    this.#connection = connection
    this.#user = about.user
    this.target = about.target
  }

  async state({ state }: MongodbStep, signal: AbortSignal): Promise<StepState> {
    return await this.#ask(async () => (await state?.(this.#connection, signal)) ?? 'unknown')
  }

  async evidence({ evidence }: MongodbStep, signal: AbortSignal): Promise<readonly string[]> {
    return await this.#ask(async () => (await evidence?.(this.#connection, signal)) ?? [])
  }

  async remedies(): Promise<StepRemedies> {
    return { fixes: [], areComplete: false }
  }

  async apply({ fix, placeholder }: MongodbStep, password: Secret | null, signal: AbortSignal): Promise<void> {
    for (const each of fix) {
      if (each.in === 'database') await this.#run(each.text, { placeholder, password }, signal)
    }
  }

  async run({ text }: StatementFix, signal: AbortSignal): Promise<void> {
    await this.#run(text, { placeholder: undefined, password: null }, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]()
  }

  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    return await asAdministrator(this.#user, ask)
  }

  async #run(
    text: string,
    { placeholder, password }: { readonly placeholder: string | undefined; readonly password: Secret | null },
    signal: AbortSignal,
  ): Promise<void> {
    const { database, command } = await parseCommand(text)
    if (placeholder !== undefined) command['pwd'] = password?.reveal()
    try {
      await this.#ask(async () => await this.#connection.command(database, command, { signal }))
    } catch (error) {
      const more = error instanceof OffbeatError ? ifThere(Number(error.details['code']), command) : null
      if (more === null) throw error
      await this.#ask(async () => await this.#connection.command(database, more, { signal }))
    }
  }
}

/** What to do in place of a creation, if there is a role or a user of that name already. null: it is another error. */
function ifThere(code: number, command: Document): Document | null {
  const { createRole, createUser, pwd } = command
  // Its privileges are granted by a command of their own.
  if (code === ROLE_EXISTS && createRole !== undefined) return { ping: 1 }
  if (code === USER_EXISTS && createUser !== undefined) return { updateUser: createUser, pwd }
  return null
}

const ROLE_EXISTS = 51_002
const USER_EXISTS = 51_003

/** The literal of the shell is a flow mapping of YAML too. */
async function parseCommand(text: string): Promise<{ readonly database: string; readonly command: Document }> {
  const split = splitShellCommand(text)
  const { parse } = await import('yaml')
  const command: unknown = split === null ? null : parse(split.command)
  if (split === null || typeof command !== 'object' || command === null)
    throw new OffbeatError('DEFECT', { message: `not a command that a session can run: ${text}` })
  return { database: split.database, command }
}
