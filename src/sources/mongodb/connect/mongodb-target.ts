import { inFile, type WordsFix } from '../../../model/fix.ts'
import { shellWord } from '../../../model/shell-word.ts'
import type { Product, ServerTarget } from '../../connect/server-target.ts'
import type { MongodbConfig } from '../config.ts'
import { authenticationDatabase } from './client-options.ts'
import { dnsNamesDatabase } from './dns-records.ts'

const PORT = 27017

const PRODUCT: Product = { name: 'MongoDB', client: shellCommand, starttls: null }

/** The host and port of one server. */
interface Address {
  readonly host: string
  readonly port: number | null
}

/** mongosh prompts for the password. */
function shellCommand({ host, port, user, tls, loginDatabase }: ServerTarget): string {
  const words = ['mongosh', '--host', host, '--port', String(port)]
  if (user !== NO_USER) words.push('--username', user, '--authenticationDatabase', loginDatabase ?? 'admin')
  if (tls !== 'disable') words.push('--tls')
  if (tls === 'require') words.push('--tlsAllowInvalidCertificates')
  if (tls === 'verify-ca') words.push('--tlsAllowInvalidHostnames')
  return words.map(shellWord).join(' ')
}

/** The user of a connection without a login, in messages. */
export const NO_USER = 'without a login'

/** For a connection without a login that is refused something. */
export function nameUser(role: { readonly role: string; readonly db: string } | null = null): WordsFix {
  const which =
    role === null ? 'a user that can log in' : `a user with the role ${role.role} of the database ${role.db}`
  return inFile(`url: mongodb://USER:PASSWORD@HOST/  (${which})`)
}

export function targetOf({ host, port }: Address, { connection }: Pick<MongodbConfig, 'connection'>): ServerTarget {
  const { user, tls } = connection
  return {
    product: PRODUCT,
    host,
    port: port ?? PORT,
    database: null,
    user: user ?? NO_USER,
    ...(user === null || dnsNamesDatabase({ connection })
      ? {}
      : { loginDatabase: authenticationDatabase({ connection }) }),
    tls: tls.mode,
    certificate: tls.cert !== null,
  }
}

/** Parses the driver's form of an address: `host:port`, with an IPv6 host in brackets. */
export function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(address) ?? []
  return { host: bracketed ?? plain ?? address, port: Number(port ?? PORT) }
}
