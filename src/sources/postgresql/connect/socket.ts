import { readFile } from 'node:fs/promises'
import { isIP, Socket } from 'node:net'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import { OffbeatError } from '../../../model/error.ts'
import { alternative, inDatabase, inFile, inShell } from '../../../model/fix.ts'
import type { TlsConfig } from '../../source-config.ts'
import { connectionLost, noAnswer } from '../errors/connection-error.ts'
import { SUPERUSER } from './fix-runner.ts'
import type { ServerTarget } from './server-target.ts'

const KEEPALIVE_AFTER_MS = 30_000
/** Length 8, then the number that asks for TLS. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
const TLS_YES = 'S'.charCodeAt(0)

/**
 * A reading buffer of one byte: a paused socket then takes one more block from the system and leaves the rest there, so that a pause
 * really lets the system collect small reads into a large one.
 */
const BUFFERING = { highWaterMark: 1 }

/** A connected socket, past the TLS handshake where one is asked for. Rejects with a classified error or Node's own. */
export async function openSocket(
  target: ServerTarget,
  tls: TlsConfig,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  const material = tls.mode === 'disable' ? null : await readTlsFiles(tls)
  signal.throwIfAborted()
  const raw = new Socket({ allowHalfOpen: false, ...BUFFERING })
  const giveUp = () => raw.destroy(noAnswer(target, timeoutMs))
  const abort = () => raw.destroy(connectionLost(target, 'stopped by Offbeat'))
  const timer = setTimeout(giveUp, timeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await connected(raw, target)
    raw.setNoDelay(true)
    raw.setKeepAlive(true, KEEPALIVE_AFTER_MS)
    return material === null ? raw : await secured(raw, target, tls, material)
  } catch (error) {
    raw.destroy()
    throw raw.errored ?? error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** Resolves at `event`; rejects when the socket fails or closes before. */
function reached(socket: Socket, event: 'connect' | 'readable' | 'secureConnect', target: ServerTarget): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const closed = () => reject(connectionLost(target, 'the server closed the connection before it sent anything'))
  socket.once(event, resolve).once('error', reject).once('close', closed)
  return promise.finally(() => socket.off(event, resolve).off('error', reject).off('close', closed))
}

async function connected(socket: Socket, target: ServerTarget): Promise<void> {
  const connect = reached(socket, 'connect', target)
  socket.connect(target.port, target.host)
  await connect
}

async function secured(raw: Socket, target: ServerTarget, tls: TlsConfig, material: TlsMaterial): Promise<TLSSocket> {
  raw.write(SSL_REQUEST)
  const answer = await oneAnswer(raw, target)
  if (answer !== TLS_YES) {
    raw.destroy()
    throw new OffbeatError('DATABASE_TLS_REFUSED', {
      message: `the server ${target.host}:${target.port} does not offer TLS`,
      found: 'the server declined the request for TLS',
      expected: `a server with TLS, because \`tls.mode\` is \`${tls.mode}\``,
      fix: [
        inFile('tls: { mode: disable }  (password and rows then cross the network in the clear)'),
        alternative('give the server a certificate (ssl_cert_file, ssl_key_file), and turn TLS on'),
        inDatabase('ALTER SYSTEM SET ssl = on', SUPERUSER),
        inDatabase('SELECT pg_reload_conf()', SUPERUSER),
      ],
    })
  }
  const { checkServerIdentity, connect } = await import('node:tls')
  // `require` with an authority named checks it too: what libpq does.
  const checks = tls.mode !== 'require' || tls.ca !== null
  const name = tls.servername ?? target.host
  const socket = connect({
    ...material,
    ...BUFFERING,
    socket: raw,
    rejectUnauthorized: checks,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (_, certificate) => {
      const fits = tls.mode !== 'verify-full' || checkServerIdentity(name, certificate) === undefined
      return fits ? undefined : otherName(target, name, certificate)
    },
  })
  await reached(socket, 'secureConnect', target)
  return socket
}

function otherName(target: ServerTarget, name: string, { subject, subjectaltname }: PeerCertificate): OffbeatError {
  const names = subjectaltname ?? `CN=${String(subject.CN)}`
  return new OffbeatError('DATABASE_TLS_UNTRUSTED', {
    message: `the certificate of ${target.host}:${target.port} failed the check of \`${target.tls}\``,
    found: `the certificate is for ${names}, not for ${name}`,
    expected: `a certificate for ${name}; or set \`tls.servername\` to the name in the certificate`,
    fix: [inShell(`openssl s_client -starttls postgres -connect ${target.host}:${target.port} -showcerts`)],
    details: { code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: target.host, port: target.port },
  })
}

/** The server's one byte. More than one would be words from before the encryption, which nobody may trust. */
async function oneAnswer(raw: Socket, target: ServerTarget): Promise<number> {
  await reached(raw, 'readable', target)
  const answer: unknown = raw.read()
  if (!(answer instanceof Buffer) || answer.length !== 1) {
    throw connectionLost(target, 'an invalid answer to the request for TLS')
  }
  return answer[0] ?? 0
}

interface TlsMaterial {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

async function readTlsFiles(tls: TlsConfig): Promise<TlsMaterial> {
  const read = async (field: 'ca' | 'cert' | 'key') => {
    const path = tls[field]
    if (path === null) return {}
    return { [field]: await readTlsFile(field, path) }
  }
  return { ...(await read('ca')), ...(await read('cert')), ...(await read('key')) }
}

async function readTlsFile(field: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new OffbeatError('DATABASE_TLS_FILE', {
      message: `the file of \`tls.${field}\` cannot be read`,
      found: `${path}: ${cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'}`,
      expected: 'a readable PEM file',
    })
  }
}
