import type { Socket } from 'node:net'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type { AuthPlugin, Connection } from 'mysql2'
import { OffbeatError } from '../../../model/error.ts'
import { alternative, inFile } from '../../../model/fix.ts'
import type { DriverStream } from '../../connect/driver-stream.ts'
import { address, type ServerTarget } from '../../connect/server-target.ts'
import { BUFFERING, reached } from '../../connect/socket.ts'
import { ed25519Answer } from './ed25519-login.ts'

export interface Login {
  readonly target: ServerTarget
  readonly user: string
  readonly password: string
  readonly programName: string
  /** null: without TLS. */
  readonly tls: TlsOptions | null
  readonly allowPublicKeyRetrieval: boolean
}

/** In `caching_sha2_password`, the server's request for full authentication: the user's hash is not in its cache. */
const FULL_AUTHENTICATION = Buffer.from([4])

/** Logs in over the stream and resolves with the driver's connection. Rejects with a classified error or with the driver's own error. */
export async function logIn(stream: DriverStream, login: Login): Promise<Connection> {
  const { createConnection, authPlugins } = await import('mysql2')
  /** The error behind the one that the driver reports under a code of its own. */
  let cause: unknown = null
  const fail = (thrown: unknown): Error => {
    cause = thrown
    return new Error('see the cause')
  }
  const connection = createConnection({
    stream,
    user: login.user,
    password: login.password,
    charset: 'UTF8MB4_GENERAL_CI',
    connectTimeout: 0,
    // No server can request a local file (LOAD DATA LOCAL). Rows that a statement leaves as they were are not counted as changed.
    flags: ['-LOCAL_FILES', '-FOUND_ROWS'],
    connectAttributes: { program_name: login.programName },
    typeCast: (field) => field.string(),
    // None is prepared. By default the driver reserves half a megabyte for 16,000 of them.
    maxPreparedStatements: 1,
    authPlugins: {
      caching_sha2_password: guarded(authPlugins.caching_sha2_password(), login, fail),
      client_ed25519: () => (data) => ed25519Answer(login.password, data),
      // MySQL also asks for it, or for another method, if there is no such user.
      sha256_password: sha256Login(authPlugins.sha256_password(), login, fail),
    },
    ...(login.tls === null ? {} : { ssl: {} }),
  })
  if (login.tls !== null) upgradeByUs(connection, stream, { ...login, tls: login.tls }, fail)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  connection.on('error', () => undefined)
  connection.connect((error) => (error === null ? resolve() : reject(cause ?? error)))
  await promise
  return connection
}

function guarded(standard: AuthPlugin, { target, tls, allowPublicKeyRetrieval }: Login, fail: Fail): AuthPlugin {
  return (handshake) => {
    const answer = standard(handshake)
    return (data) => {
      const wantsKey = tls === null && FULL_AUTHENTICATION.equals(data)
      if (wantsKey && !allowPublicKeyRetrieval) throw fail(publicKeyRefused(target, NOT_CACHED))
      return answer(data)
    }
  }
}

/** The password goes as it is over TLS, and encrypted with the server's key without. The driver cannot see that our stream has TLS. */
function sha256Login(
  withKey: AuthPlugin,
  { target, password, tls, allowPublicKeyRetrieval }: Login,
  fail: Fail,
): AuthPlugin {
  if (tls !== null) return () => () => Buffer.from(`${password}\0`, 'utf8')
  if (allowPublicKeyRetrieval) return withKey
  return () => () => {
    throw fail(publicKeyRefused(target, NEVER_CACHED))
  }
}

type Fail = (thrown: unknown) => Error

/**
 * Replaces the driver's upgrade to TLS. The driver's own upgrade cannot check a certificate against a name other than the host's or against
 * an IP address, and it hides why a handshake failed.
 */
function upgradeByUs(
  connection: Connection,
  stream: DriverStream,
  { target, tls }: Pick<Login, 'target'> & { readonly tls: TlsOptions },
  fail: Fail,
): void {
  if (typeof Reflect.get(connection, 'startTLS') !== 'function')
    throw new OffbeatError('DEFECT', { message: 'the driver mysql2 has no method startTLS any more' })
  const startTLS = (onSecure: (error?: Error) => void): void => {
    stream
      .upgrade((raw) => secured(raw, target, tls))
      .then(
        () => onSecure(),
        (thrown: unknown) => onSecure(fail(thrown)),
      )
  }
  Object.defineProperty(connection, 'startTLS', { value: startTLS })
}

async function secured(raw: Socket, target: ServerTarget, options: TlsOptions): Promise<Socket> {
  const { connect } = await import('node:tls')
  const socket = connect({ ...options, ...BUFFERING, socket: raw })
  await reached(socket, 'secureConnect', target)
  return socket
}

interface KeyRequest {
  readonly method: string
  /** Why the server asks for the password itself. */
  readonly because: string
}

const NOT_CACHED: KeyRequest = { method: 'caching_sha2_password', because: 'does not have it in its cache' }
const NEVER_CACHED: KeyRequest = { method: 'sha256_password', because: 'keeps no cache for this login method' }

function publicKeyRefused(target: ServerTarget, { method, because }: KeyRequest): OffbeatError {
  return new OffbeatError('MYSQL_PUBLIC_KEY', {
    message: `the server ${address(target)} asks for the password of ${target.user} over a connection without TLS: it ${because}`,
    found: `the login method ${method}, and \`tls.mode\` disable`,
    expected: 'TLS, over which the password is sent as it is',
    fix: [
      inFile('tls: { mode: require }'),
      alternative(
        'where the network can be trusted: the password is encrypted with a key that the server sends, and nothing proves whose key it is',
      ),
      inFile('allowPublicKeyRetrieval: true'),
    ],
    details: { host: target.host, port: target.port },
  })
}
