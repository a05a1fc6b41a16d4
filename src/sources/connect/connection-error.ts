import { OffbeatError } from '../../model/error.ts'
import { type Fix, inFile, inShell } from '../../model/fix.ts'
import { address, type ServerTarget, targetInWords } from './server-target.ts'

/* Connection errors for which the server gave no error code. */

export function connectFailed(
  target: ServerTarget,
  found: string,
  details: { readonly code?: string } = {},
): OffbeatError {
  return new OffbeatError('DATABASE_CONNECT_FAILED', {
    message: `the connection of the user ${target.user} to ${targetInWords(target)} failed`,
    found,
    expected: `a ${target.product.name} server on ${address(target)}`,
    fix: [inShell(target.product.client(target))],
    details: { ...details, ...where(target) },
  })
}

export function unreachableServer(
  target: ServerTarget,
  found: string,
  details: { readonly code?: string; readonly timeoutMs?: number },
): OffbeatError {
  return new OffbeatError('DATABASE_UNREACHABLE', {
    message:
      details.timeoutMs === undefined
        ? `the server ${address(target)} cannot be reached`
        : `the server ${address(target)} did not answer within ${details.timeoutMs} ms`,
    found,
    expected: `a ${target.product.name} server that listens on ${address(target)} and can be reached from here`,
    fix: [inShell(target.product.client(target))],
    details: { ...details, ...where(target) },
  })
}

export function noAnswer(target: ServerTarget, timeoutMs: number): OffbeatError {
  return unreachableServer(target, 'no answer in time', { timeoutMs })
}

export function connectionLost(target: ServerTarget, found: string): OffbeatError {
  return new OffbeatError('DATABASE_CONNECTION_LOST', {
    message: `the connection to ${address(target)} broke`,
    found,
    details: where(target),
  })
}

export function handshakeFailed(target: ServerTarget, found: string, code: string): OffbeatError {
  return new OffbeatError('DATABASE_TLS_FAILED', {
    message: `the TLS handshake with ${address(target)} failed`,
    found,
    expected: 'a TLS version that the server accepts, and a client certificate if the server requires one',
    details: { code, ...where(target) },
  })
}

/** `certificate`: the fixes that give the server a certificate and turn TLS on. */
export function withoutTls(target: ServerTarget, found: string, certificate: readonly Fix[]): OffbeatError {
  return new OffbeatError('DATABASE_TLS_REFUSED', {
    message: `the server ${address(target)} does not offer TLS`,
    found,
    expected: `a server with TLS, because \`tls.mode\` is \`${target.tls}\``,
    fix: [inFile('tls: { mode: disable }  (password and rows then cross the network in the clear)'), ...certificate],
  })
}

/** `code`: Node's code. It is the same whether Node or Offbeat made the check. */
export function untrusted(
  target: ServerTarget,
  about: { readonly found: string; readonly expected: string; readonly code: string },
): OffbeatError {
  const { starttls } = target.product
  return new OffbeatError('DATABASE_TLS_UNTRUSTED', {
    message: `the certificate of ${address(target)} failed the check of \`${target.tls}\``,
    found: about.found,
    expected: about.expected,
    fix: [
      inShell(
        `openssl s_client ${starttls === null ? '' : `-starttls ${starttls} `}-connect ${address(target)} -showcerts`,
      ),
    ],
    details: { code: about.code, ...where(target) },
  })
}

export function where({ host, port }: Pick<ServerTarget, 'host' | 'port'>) {
  return { host, port }
}
