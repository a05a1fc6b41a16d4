import { z } from 'zod'
import { Mistake, scalar } from '../sources/scalar-schema.ts'

/** The address of the API. The host is in the form that the operating system takes: an IPv6 address has no brackets. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

export const DEFAULT_LISTEN: ListenAddress = { host: '127.0.0.1', port: 7070 }

const listenExpected =
  'host:port, such as 127.0.0.1:7070, localhost:7070, "[::1]:7070" or 0.0.0.0:7070; port 0: any free one'
const listenForm = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]@]+)):(\d{1,5})$/

function listen() {
  return scalar({ type: 'string', pattern: '^.+:[0-9]+$' }, listenExpected, (value): ListenAddress | Mistake => {
    if (typeof value === 'number') return new Mistake('has no host', listenExpected)
    const match = typeof value === 'string' ? listenForm.exec(value) : null
    if (match === null) return new Mistake('is not an address to listen at', listenExpected)
    const port = Number(match[3])
    if (port > 65_535) return new Mistake('has a port beyond 65535', listenExpected)
    return { host: match[1] ?? match[2] ?? '', port }
  })
}

const tokenExpected = 'a long random text without spaces, best from an environment variable'

/** A token can contain only what a header allows without quoting. */
function token() {
  return scalar({ type: 'string', minLength: 1 }, tokenExpected, (value): string | Mistake => {
    if (typeof value === 'number' || typeof value === 'boolean') {
      return new Mistake('is not text; put it in quotes', tokenExpected)
    }
    if (value === '') return new Mistake('is empty', tokenExpected)
    return typeof value === 'string' && isToken(value) ? value : new Mistake('is not in the right form', tokenExpected)
  })
}

/** Whether the text is allowed after `Authorization: Bearer`. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

const section = z.strictObject({
  listen: listen().optional().describe('host:port; 127.0.0.1:7070 where absent. Beyond loopback a token is required.'),
  token: token().optional().describe('What a request must send as `Authorization: Bearer TOKEN`.'),
  tokenFile: scalar({ type: 'string', minLength: 1 }, 'the path of a file with only the token', (value) =>
    typeof value === 'string' && value !== ''
      ? value
      : new Mistake('is not a path', 'the path of a file with only the token'),
  )
    .optional()
    .describe("The file with the token, read at the start; relative to this file's folder."),
})

/** The `server` entry of the file: a section, or `off`. `false` means `off` too. */
export const serverSchema = z.union([z.literal(['off', false]).transform(() => 'off' as const), section])

export type ServerEntry = z.output<typeof serverSchema>
