import { OffbeatError } from '../../../model/error.ts'
import { forPerson, inDatabase } from '../../../model/fix.ts'
import { connectFailed, connectionLost, where } from '../../connect/connection-error.ts'
import { address, type DatabaseTarget } from '../../connect/server-target.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { hbaName } from '../connect/quoting.ts'

/** Messages of the driver for a connection that has ended. */
const DRIVER_LOST = /^(Connection terminated|timeout expired|Client (was closed|has encountered a connection error))/
/** The server asks for an authentication method that the driver does not support. */
const DRIVER_METHOD = /^(Unknown authenticationOk message type (\d+)|SASL: Only mechanism)/
/** Messages of the driver itself, which contain nothing that was sent. */
const DRIVER_WORDS =
  /^(SASL: (SCRAM|Last message|Mechanism)[^"]*|received invalid response: \w+|Received unexpected \w+ message.*)/
const LOGIN_METHODS: { readonly [type: string]: string } = {
  2: 'Kerberos 5',
  6: 'SCM credentials',
  7: 'GSSAPI',
  9: 'SSPI',
}

/** An error of the driver without a code. */
export function explainDriverError(words: string, target: DatabaseTarget): OffbeatError {
  if (words === '' || DRIVER_LOST.test(words)) return connectionLost(target, 'the connection ended')
  const method = DRIVER_METHOD.exec(words)
  if (method !== null)
    return loginMethod(target, LOGIN_METHODS[method[2] ?? ''] ?? 'a SASL mechanism such as OAUTHBEARER')
  return connectFailed(target, DRIVER_WORDS.exec(words)?.[0] ?? 'an answer that is not one of a PostgreSQL server')
}

function loginMethod(target: DatabaseTarget, method: string): OffbeatError {
  const { database, user, tls } = target
  const type = tls === 'disable' ? 'host' : 'hostssl'
  return new OffbeatError('DATABASE_LOGIN_METHOD', {
    message: `the server ${address(target)} asks the user ${user} for a login method that Offbeat does not have`,
    found: method,
    expected: 'a password or a certificate',
    fix: [
      forPerson(
        `in pg_hba.conf, before the line that matches now: ${type} ${hbaName(database)} ${hbaName(user)} <address of this machine>/32 scram-sha-256`,
      ),
      inDatabase('SELECT pg_reload_conf()', SUPERUSER),
    ],
    details: where(target),
  })
}
