import { OffbeatError } from '../../model/error.ts'
import { forPerson } from '../../model/fix.ts'
import type { Secret } from '../../model/secret.ts'
import { type ConnectionDefaults, urlForm } from '../connection-defaults.ts'
import { connectionConfig } from '../connection-schema.ts'
import { parseConnectionUrl } from '../connection-url.ts'
import { Mistake } from '../scalar-schema.ts'
import type { ConnectionConfig, SourceConfig } from '../source-config.ts'
import { mergeTls } from '../tls-schema.ts'

/**
 * The connection of the administrator's URL. What the URL sets comes first. The database and the encryption are the source's if the URL
 * does not set them, except a database that is only where the user is defined. Throws USAGE_INVALID or ADMIN_ELSEWHERE; no error contains the URL.
 */
export function adminConnection(
  { connection: own }: Pick<SourceConfig, 'connection'>,
  url: Secret,
  defaults: ConnectionDefaults,
): ConnectionConfig {
  const parsed = parseConnectionUrl(url.reveal(), defaults)
  if (parsed instanceof Mistake) throw invalidUrl(parsed.message, parsed.expected)
  if (parsed.user === null && defaults.user === 'required') throw invalidUrl('has no user', urlForm(defaults, 'port'))
  mergeTls({}, parsed, defaults.urlParameters, (_path, message, expected) => {
    throw invalidUrl(message, expected)
  })
  const { database, tls } = own
  // Each user can be defined in a database of its own.
  const ofUser = defaults.database === 'login'
  if (parsed.database !== null && !ofUser) checkDatabase(parsed.database, database, defaults)
  const connection = connectionConfig({ url: ofUser ? parsed : { ...parsed, database } }, defaults)
  return parsed.parameters.length > 0 || tls.mode === 'disable'
    ? connection
    : { ...connection, tls: { ...tls, cert: null, key: null } }
}

function checkDatabase(named: string, own: string | null, defaults: ConnectionDefaults): void {
  if (own === null)
    throw invalidUrl(
      'has a database, and the source has none: its connection is to the whole server',
      urlForm({ ...defaults, database: 'none' }, 'port'),
    )
  if (named !== own) throw otherDatabase(named, own)
}

/** The set-up statements act on the database of the session, so running them in another database would be useless. */
function otherDatabase(found: string, expected: string): OffbeatError {
  return new OffbeatError('ADMIN_ELSEWHERE', {
    message:
      "the administrator's URL (--admin or OFFBEAT_ADMIN_URL) names a different database than the source; nothing was changed",
    found: `the database ${found}`,
    expected: `${expected}, which the source reads, or no database: then the one of the source is used`,
    fix: [forPerson(`replace ${found} by ${expected} in the URL`)],
  })
}

function invalidUrl(message: string, expected: string): OffbeatError {
  return new OffbeatError('USAGE_INVALID', {
    message: `the administrator's URL (--admin or OFFBEAT_ADMIN_URL) ${message}`,
    expected,
  })
}
