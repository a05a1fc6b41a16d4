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
    authPlugins: {
      caching_sha2_password: guarded(authPlugins.caching_sha2_password(), login, fail),
      client_ed25519: () => (data) => ed25519Answer(login.password, data),
      // Without TLS, sha256_password would request the public key too. The account can use caching_sha2_password instead.
      sha256_password: unsupported,
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

const unsupported: AuthPlugin = () => () => {
  throw new Error('not supported')
}

function guarded(standard: AuthPlugin, { target, tls, allowPublicKeyRetrieval }: Login, fail: Fail): AuthPlugin {
  return (handshake) => {
    const answer = standard(handshake)
    return (data) => {
      const wantsKey = tls === null && FULL_AUTHENTICATION.equals(data)
      if (wantsKey && !allowPublicKeyRetrieval) throw fail(publicKeyRefused(target))
      return answer(data)
    }
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

function publicKeyRefused(target: ServerTarget): OffbeatError {
  return new OffbeatError('MYSQL_PUBLIC_KEY', {
    message: `the server ${address(target)} does not have the password of ${target.user} in its cache, and asks for it over a connection without TLS`,
    found: 'the login method caching_sha2_password, and `tls.mode` disable',
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
