import { OffbeatError } from '../../../model/error.ts'
import { inFile } from '../../../model/fix.ts'
import type { ServerTarget } from '../../connect/server-target.ts'

/** How a server without TLS ends a connection that begins with it: it takes the first bytes for a message that is too long. */
const CUT: readonly string[] = ['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ERR_SSL_UNEXPECTED_EOF_WHILE_READING']

/**
 * Adds to the error of a connection that was cut at its beginning that TLS was tried. It stays an error that is retried, because a server that
 * restarts cuts connections too.
 */
export function explainCut(error: OffbeatError, { tls }: Pick<ServerTarget, 'tls'>): OffbeatError {
  const { code } = error.details
  const isCut = error.code === 'DATABASE_CONNECTION_LOST' || CUT.includes(String(code))
  if (tls === 'disable' || !isCut) return error
  return new OffbeatError(error.code, {
    message: error.message,
    found: `${error.found}; TLS was tried, because \`tls.mode\` is \`${tls}\` (the default for a host that is not this machine is require)`,
    expected: `a server that begins with TLS; one without it ends the connection like this`,
    fix: [
      inFile(
        'tls: { mode: disable }  (if the server has no TLS: password and documents then cross the network in the clear)',
      ),
      ...error.fix,
    ],
    details: error.details,
    cause: error,
  })
}
