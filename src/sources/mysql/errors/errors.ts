import { type ErrorDetails, OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import { alternative, forPerson, inDatabase, inFile, query } from '../../../model/fix.ts'
import { connectFailed, connectionLost, withoutTls } from '../../connect/connection-error.ts'
import { explainNodeCode, nodeCodeOf } from '../../connect/node-error.ts'
import { PRESENT_PASSWORD } from '../../connect/password.ts'
import { refusalInWords } from '../../connect/server-refusal.ts'
import { loginRequest, type ServerRequest } from '../../connect/server-request.ts'
import { address, type ServerTarget } from '../../connect/server-target.ts'
import { quoteAccount } from '../connect/quoting.ts'
import { codeOfNumber } from './error-number.ts'
import { type ServerError, sayServerError, serverErrorOf } from './server-error.ts'

export const ADMINISTRATOR = 'an administrator'

/** Turns anything thrown while connecting or querying into an OffbeatError. An OffbeatError is returned unchanged. */
export function explainError(
  thrown: unknown,
  target: ServerTarget,
  request: ServerRequest = loginRequest(target),
): OffbeatError {
  if (thrown instanceof OffbeatError) return thrown
  const serverError = serverErrorOf(thrown)
  if (serverError !== null) return explainServerError(serverError, target, request)
  const code = nodeCodeOf(thrown)
  if (code === null) return connectFailed(target, `an answer that is not one of a ${target.product.name} server`)
  return DRIVER_CODES[code]?.(target) ?? explainNodeCode(code, target)
}

/** The driver's own error codes. Its messages are not repeated because they can contain data that was sent. */
const DRIVER_CODES: { readonly [code: string]: (target: ServerTarget) => OffbeatError } = {
  PROTOCOL_CONNECTION_LOST: (target) => connectionLost(target, 'the server closed the connection'),
  AUTH_SWITCH_PLUGIN_ERROR: loginMethod,
  HANDSHAKE_UNKNOWN_ERROR: (target) => connectFailed(target, 'an answer to the login that the protocol does not have'),
  HANDSHAKE_NO_SSL_SUPPORT: (target) =>
    withoutTls(target, 'the greeting of the server is without the capability for TLS', WITH_CERTIFICATE),
  MYSQL_CLEAR_PASSWORD_NOT_ENABLED: loginMethod,
}

function loginMethod(target: ServerTarget): OffbeatError {
  return new OffbeatError('DATABASE_LOGIN_METHOD', {
    message: `the server ${address(target)} asks the user ${target.user} for a login method that Offbeat does not have`,
    ...methodExpected(target),
  })
}

function methodExpected({ product, user }: ServerTarget): Pick<ErrorDetails, 'expected' | 'fix'> {
  const [expected, change] =
    product.name === 'MariaDB'
      ? ['mysql_native_password or ed25519', `IDENTIFIED VIA mysql_native_password USING PASSWORD('<password>')`]
      : ['caching_sha2_password', `IDENTIFIED WITH caching_sha2_password BY '<password>'`]
  return { expected, fix: [inDatabase(`ALTER USER ${quoteAccount(user)} ${change}`, ADMINISTRATOR)] }
}

const WITH_CERTIFICATE = [
  alternative('give the server a certificate (ssl_cert, ssl_key) in its option file, and restart it'),
]

function explainServerError(error: ServerError, to: ServerTarget, request: ServerRequest): OffbeatError {
  const code = codeOfNumber(error.number, error.message)
  const words = EXPLANATIONS[code]?.(to, error) ?? {}
  return new OffbeatError(code, {
    message: messageOf(code, to, request),
    ...words,
    found: withStatement(sayServerError(error), code, request),
    details: {
      number: error.number,
      sqlstate: error.sqlstate,
      statement: request.statement,
      object: request.object,
      host: to.host,
      port: to.port,
    },
  })
}

function messageOf(code: ErrorCode, to: ServerTarget, { statement, object }: ServerRequest): string {
  const refused = statement === null ? object : `a statement on ${object}`
  return refusalInWords(code, to, object) ?? `the server ${address(to)} refused ${refused}`
}

/** Adds the statement to an error that is not classified. */
function withStatement(words: string, code: ErrorCode, { statement }: ServerRequest): string {
  return code === 'DATABASE_ERROR' && statement !== null ? `${words}; statement: ${statement}` : words
}

type Explanation = Omit<ErrorDetails, 'message' | 'found' | 'details'> & { readonly message?: string }

/** Explanations for the error codes that need more than the general message. */
const EXPLANATIONS: { readonly [code in ErrorCode]?: (to: ServerTarget, error: ServerError) => Explanation } = {
  DATABASE_PASSWORD_WRONG: (to) => ({
    expected:
      'the password of this user; the server reports the same for a user that does not exist, or not from this address (`offbeat setup` creates it), and without TLS for an account that requires it',
    fix: [
      PRESENT_PASSWORD,
      ...(to.tls === 'disable'
        ? [alternative('if the account requires TLS, use it'), inFile('tls: { mode: require }')]
        : []),
      alternative(`give the user a new password, as an administrator of ${address(to)}`),
      inDatabase(`ALTER USER ${quoteAccount(to.user, to.accountHost)} IDENTIFIED BY '<password>'`, ADMINISTRATOR),
    ],
  }),
  DATABASE_LOGIN_REFUSED: loginRefused,
  DATABASE_LOGIN_METHOD: (to) => ({
    message: `the server ${address(to)} cannot log in the user ${to.user}: it does not have the login method of the account`,
    ...methodExpected(to),
  }),
  DATABASE_TOO_MANY_CONNECTIONS: () => ({
    expected: 'a free connection: max_connections of the server, and the limits of the account, above what is in use',
    fix: [query('SHOW PROCESSLIST', ADMINISTRATOR)],
  }),
  DATABASE_PERMISSION: (to, error) => {
    const privilege = missingPrivilege(error)
    const account = quoteAccount(to.user, to.accountHost)
    return {
      expected: privilege === null ? 'the privilege that the server names' : `the privilege ${privilege}`,
      fix: [
        privilege === null
          ? query(`SHOW GRANTS FOR ${account}`, ADMINISTRATOR)
          : inDatabase(`GRANT ${privilege} ON *.* TO ${account}`, ADMINISTRATOR),
      ],
    }
  },
  DATABASE_READ_ONLY: (to) => ({
    message: `the server ${address(to)} is read-only`,
    expected: 'a primary, with read_only OFF',
    fix: [query('SELECT @@GLOBAL.read_only', 'any user')],
  }),
}

/** The privilege of the server that a statement needs, if the server names one that is narrower than SUPER. */
function missingPrivilege({ number, message }: ServerError): string | null {
  const [, names = ''] = number === 1227 ? (/the ([A-Z_, ]+) privilege/.exec(message ?? '') ?? []) : []
  const narrow = names.split(', ').filter((name) => name !== '' && name !== 'SUPER')
  return narrow[0] ?? null
}

function loginRefused(to: ServerTarget, { number }: ServerError): Explanation {
  switch (number) {
    case 3159:
      return {
        expected: 'a connection with TLS, which require_secure_transport of the server demands',
        fix: [inFile('tls: { mode: require }')],
      }
    case 1129:
      return {
        expected: 'a host that the server does not block after failed connections',
        fix: [inDatabase('FLUSH HOSTS', ADMINISTRATOR), forPerson('find out what on this host connects in vain')],
      }
    case 1820:
    case 1862:
      return {
        expected: 'a password that has not expired',
        fix: [inDatabase(`ALTER USER ${quoteAccount(to.user, to.accountHost)} PASSWORD EXPIRE NEVER`, ADMINISTRATOR)],
      }
    case 3118:
    case 3955:
    case 4151:
      return {
        expected: 'an account that is not locked',
        fix: [inDatabase(`ALTER USER ${quoteAccount(to.user, to.accountHost)} ACCOUNT UNLOCK`, ADMINISTRATOR)],
      }
    default:
      return {
        expected: 'an account that can log in with a password from this address',
        fix: [query('SELECT user, host, plugin FROM mysql.user', ADMINISTRATOR)],
      }
  }
}
