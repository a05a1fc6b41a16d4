import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { alternative, inDatabase } from '../../../model/fix.ts'
import { connectionLost, withoutTls } from '../../connect/connection-error.ts'
import type { DatabaseTarget } from '../../connect/server-target.ts'
import { BUFFERING, type Deadline, openSocket, reached } from '../../connect/socket.ts'
import { tlsOptions } from '../../connect/tls.ts'
import type { TlsConfig } from '../../source-config.ts'
import { SUPERUSER } from './fix-runner.ts'

/** SSLRequest: length 8, then the code that asks for TLS. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
const TLS_YES = 'S'.charCodeAt(0)

/** A connected socket, after the TLS handshake if TLS is configured. Rejects with a classified error or Node's own. */
export async function openServerSocket(target: DatabaseTarget, tls: TlsConfig, deadline: Deadline): Promise<Socket> {
  const options = await tlsOptions(tls, target)
  return await openSocket(target, deadline, options === null ? null : (raw) => secured(raw, target, options))
}

async function secured(raw: Socket, target: DatabaseTarget, options: ConnectionOptions): Promise<Socket> {
  raw.write(SSL_REQUEST)
  if ((await oneAnswer(raw, target)) !== TLS_YES)
    throw withoutTls(target, 'the server declined the request for TLS', WITH_CERTIFICATE)
  const { connect } = await import('node:tls')
  const socket = connect({ ...options, ...BUFFERING, socket: raw })
  await reached(socket, 'secureConnect', target)
  return socket
}

const WITH_CERTIFICATE = [
  alternative('give the server a certificate (ssl_cert_file, ssl_key_file), and turn TLS on'),
  inDatabase('ALTER SYSTEM SET ssl = on', SUPERUSER),
  inDatabase('SELECT pg_reload_conf()', SUPERUSER),
]

/** Reads the server's one byte. More bytes would be unencrypted text from before the handshake, which cannot be trusted. */
async function oneAnswer(raw: Socket, target: DatabaseTarget): Promise<number> {
  await reached(raw, 'readable', target)
  const answer: unknown = raw.read()
  if (!(answer instanceof Buffer) || answer.length !== 1)
    throw connectionLost(target, 'an invalid answer to the request for TLS')
  return answer[0] ?? 0
}
