import { type ErrorDetails, OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import { alternative, type Fix, forPerson, inDatabase, inFile, query } from '../../../model/fix.ts'
import { connectFailed, connectionLost, noAnswer } from '../../connect/connection-error.ts'
import { explainNodeCode } from '../../connect/node-error.ts'
import { PRESENT_PASSWORD } from '../../connect/password.ts'
import { refusalInWords } from '../../connect/server-refusal.ts'
import { loginRequest, type ServerRequest } from '../../connect/server-request.ts'
import { address, type ServerTarget } from '../../connect/server-target.ts'
import { NO_USER, nameUser } from '../connect/mongodb-target.ts'
import { tooOld } from '../connect/server-facts.ts'
import { codeOfServer } from './code-of-server.ts'
import { selectionInWords } from './selection-error.ts'
import { type ServerError, sayServerError, serverErrorOf } from './server-error.ts'

export const ADMINISTRATOR = 'an administrator'

/** Turns anything that the driver threw into an OffbeatError. An OffbeatError is returned unchanged, also one that the driver wrapped. */
export function explainError(
  thrown: unknown,
  target: ServerTarget,
  request: ServerRequest = loginRequest(target),
): OffbeatError {
  const ours = causes(thrown).find((each) => each instanceof OffbeatError)
  if (ours !== undefined) return ours
  const serverError =
    causes(thrown)
      .map(serverErrorOf)
      .find((each) => each !== null) ?? null
  if (serverError !== null) return explainServerError(serverError, target, request)
  const code =
    causes(thrown)
      .map(nodeCode)
      .find((each) => each !== null) ?? null
  if (code !== null) return explainNodeCode(code, target)
  return explainDriverError(thrown, target)
}

/**
 * The error with its causes, the outermost first. The driver's error of a failed selection of a server has the error of each server in a
 * description of the topology.
 */
function causes(thrown: unknown): readonly unknown[] {
  const found: unknown[] = []
  for (let next: unknown = thrown; next instanceof Error && found.length < 10; next = next.cause) {
    found.push(next)
    if ('reason' in next) found.push(...serverErrors(next.reason))
  }
  return found.length === 0 ? [thrown] : found
}

function serverErrors(reason: unknown): readonly unknown[] {
  if (typeof reason !== 'object' || reason === null || !('servers' in reason) || !(reason.servers instanceof Map))
    return []
  return [...reason.servers.values()].flatMap(({ error }: { readonly error?: unknown }) =>
    error instanceof Error ? causes(error) : [],
  )
}

function nodeCode(thrown: unknown): string | null {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : null
}

/** The driver's own messages are not repeated, because they can contain data that was sent. */
function explainDriverError(thrown: unknown, target: ServerTarget): OffbeatError {
  const name = thrown instanceof Error ? thrown.name : ''
  switch (name) {
    case 'MongoNetworkTimeoutError':
    case 'MongoOperationTimeoutError':
      return noAnswer(target, SOCKET_TIMEOUT_MS)
    case 'MongoNetworkError':
    case 'MongoPoolClearedError':
    case 'MongoTopologyClosedError':
    case 'MongoClientClosedError':
    case 'MongoExpiredSessionError':
      return connectionLost(target, 'the connection was closed')
    case 'PoolClearedOnNetworkError':
      // The driver also asks a server for a sign of life while a command is running.
      return connectionLost(
        target,
        `the server sent nothing for ${CONNECT_TIMEOUT_MS / 1000} s, though it was asked for a sign of life`,
      )
    case 'MongoCompatibilityError':
      return tooOld(target, 'it speaks a version of the protocol from before MongoDB 4.4')
    case 'MongoServerSelectionError': {
      const found = selectionInWords(thrown)
      return found === null ? noAnswer(target, CONNECT_TIMEOUT_MS) : noServer(target, found)
    }
    default:
      return connectFailed(target, `the driver reports ${name === '' ? 'an unknown error' : name}`)
  }
}

/** Any user may ask `hello`, but only a user with clusterMonitor sees what the members are doing. */
function noServer(target: ServerTarget, found: string): OffbeatError {
  const { message, expected, fix, details } = connectFailed(target, found)
  const status = query('rs.status()', 'a user with the role clusterMonitor', {
    note: 'why there is no primary: a majority of the members has to run and reach each other',
  })
  return new OffbeatError('DATABASE_CONNECT_FAILED', {
    message,
    found,
    expected: expected ?? '',
    fix: [...fix, status],
    details,
  })
}

/** How long a server may take to let us in, or to give a sign of life. */
export const CONNECT_TIMEOUT_MS = 15_000
/** How long the driver waits for bytes of a server that should have answered. */
export const SOCKET_TIMEOUT_MS = 20_000

function explainServerError(error: ServerError, to: ServerTarget, request: ServerRequest): OffbeatError {
  const code = codeOfServer(error.code, error.labels)
  const words = EXPLANATIONS[code]?.(to, error) ?? {}
  const { statement, object } = request
  const refused = statement === null ? object : `a command on ${object}`
  const said = `${sayServerError(error)}${triedIn(code, to)}`
  return new OffbeatError(code, {
    message: refusalInWords(code, to, object) ?? `the server ${address(to)} refused ${refused}`,
    ...words,
    found: code === 'DATABASE_ERROR' && statement !== null ? `${said}; command: ${statement}` : said,
    details: { code: error.code, codeName: error.name, command: statement, object, host: to.host, port: to.port },
  })
}

/** The server reports the same for a wrong password and for a database that has no such user. */
function triedIn(code: ErrorCode, { loginDatabase }: ServerTarget): string {
  return code === 'DATABASE_PASSWORD_WRONG' && loginDatabase !== undefined
    ? `; the login was tried as a user of the database ${loginDatabase} (authSource of the url, else its path, else admin)`
    : ''
}

type Explanation = Omit<ErrorDetails, 'message' | 'found' | 'details'> & { readonly message?: string }

const EXPLANATIONS: { readonly [code in ErrorCode]?: (to: ServerTarget, error: ServerError) => Explanation } = {
  DATABASE_PASSWORD_WRONG: ({ user, loginDatabase = 'admin' }) => ({
    expected:
      'the password of this user, and the database in which the user is defined: authSource of the url, or its path, else admin; the server reports the same for a user that does not exist',
    fix: [
      PRESENT_PASSWORD,
      alternative('name the database in which the user is defined'),
      inFile('url: mongodb://USER:PASSWORD@HOST/?authSource=DATABASE'),
      alternative('give the user a new password'),
      inDatabase(
        `db.getSiblingDB(${JSON.stringify(loginDatabase)}).runCommand({ updateUser: ${JSON.stringify(user)}, pwd: "<password>" })`,
        ADMINISTRATOR,
      ),
    ],
  }),
  DATABASE_PERMISSION: (to) =>
    to.user === NO_USER
      ? {
          message: `the server ${address(to)} wants a login, and the url has no user`,
          expected: 'a user in the url',
          fix: [nameUser()],
        }
      : { expected: 'the privilege for the command that the server names', fix: showPrivileges(to.user) },
  DATABASE_STOPPING: (to, { code }) =>
    CHANGED_ROLE.includes(code)
      ? {
          message: `the server ${address(to)} ended the connection: it is no longer the primary, or changed its state`,
          expected: 'the primary that the members elect',
        }
      : {},
  DATABASE_LOGIN_METHOD: () => ({
    expected: 'a login method that the server offers: SCRAM-SHA-256, SCRAM-SHA-1, MONGODB-X509 or PLAIN',
    fix: [inFile('url: mongodb://USER:PASSWORD@HOST/?authMechanism=SCRAM-SHA-256')],
  }),
  MONGODB_NO_REPLICA_SET: (to) => ({
    message: `the server ${address(to)} is not part of a replica set, so it has no change streams`,
    expected: 'a replica set or a sharded cluster; a replica set can have a single member',
    fix: [
      forPerson('start mongod with --replSet rs0, or set replication.replSetName in its configuration file'),
      inDatabase('db.getSiblingDB("admin").runCommand({ replSetInitiate: {} })', ADMINISTRATOR),
    ],
  }),
}

/** PrimarySteppedDown, NotWritablePrimary, InterruptedDueToReplStateChange. The other codes of the kind are of a shutdown. */
const CHANGED_ROLE: readonly number[] = [189, 10107, 11602]

function showPrivileges(user: string): readonly Fix[] {
  return [
    query('db.getSiblingDB("admin").runCommand({ connectionStatus: 1, showPrivileges: true })', user),
    forPerson('`offbeat setup` prints the role that Offbeat needs'),
  ]
}
