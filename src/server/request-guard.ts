import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../config/loopback.ts'
import type { Secret } from '../model/secret.ts'
import { type Answer, errorAnswer } from './answer.ts'

export interface Guard {
  /** The server listens on loopback. Other host names are then rejected, since an attacker can make a name point here (DNS rebinding). */
  readonly loopback: boolean
  readonly token: Secret | null
}

/** Why the request is rejected; null: it is accepted so far. The token is not checked here. */
export function refusalOf(request: IncomingMessage, { loopback }: Guard): Answer | null {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const message = 'HTTP is read-only here.'
    return errorAnswer(405, { code: 'METHOD_REFUSED', message, expected: 'GET or HEAD' }, { allow: 'GET, HEAD' })
  }
  if (hasBody(request)) {
    return errorAnswer(
      400,
      { code: 'BODY_REFUSED', message: 'A request must not have a body.' },
      { connection: 'close' },
    )
  }
  if (request.url?.startsWith('/') !== true) {
    return errorAnswer(400, { code: 'TARGET_REFUSED', message: 'The target is not a path.', expected: '/api/status' })
  }
  if (!loopback || isLoopback(hostName(request.headers.host ?? ''))) return null
  const message = 'The Host header names another machine; on loopback only this machine is answered.'
  const expected = 'Host: localhost, 127.0.0.1 or [::1]; a proxy must send one of them'
  return errorAnswer(403, { code: 'HOST_REFUSED', message, expected })
}

/** Whether the request has the token, or none is required. The comparison time reveals nothing about the token. */
export function isAuthorized(request: IncomingMessage, { token }: Guard): boolean {
  if (token === null) return true
  const given = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1]
  return given !== undefined && timingSafeEqual(digest(given), digest(token.reveal()))
}

export function unauthorized(): Answer {
  const message = 'The token is missing or wrong.'
  const expected = 'Authorization: Bearer TOKEN, with the token of server.token or server.tokenFile'
  return errorAnswer(401, { code: 'UNAUTHORIZED', message, expected }, { 'www-authenticate': 'Bearer realm="offbeat"' })
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length']
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}

/** `[::1]:7070` becomes `::1`, `localhost:7070` becomes `localhost`. */
function hostName(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(host)?.[1]
  return bracketed ?? host.replace(/:\d*$/, '')
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
