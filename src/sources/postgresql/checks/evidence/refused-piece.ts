import type { EvidenceSession } from '../../../../doctor/checks/piece.ts'
import type { OffbeatError } from '../../../../model/error.ts'
import { type Fix, forPerson, inDatabase } from '../../../../model/fix.ts'
import type { PostgresConnection } from '../../connect/connection.ts'
import { SUPERUSER } from '../../connect/fix-runner.ts'
import { quoteIdentifier } from '../../connect/quoting.ts'
import { sqlstateOf } from '../../errors/sqlstate.ts'

const DENIED = '42501'

export function evidenceSession(connection: PostgresConnection): EvidenceSession {
  return {
    get isOpen() {
      return connection.isOpen
    },
    isAnswer: (error) => sqlstateOf(error) !== null,
    grantFor: (error, found) => grantFor(error, found, connection),
  }
}

/** The server names the refused object only in its message, which may not be in English. */
function grantFor(error: OffbeatError, found: string, { role, target }: PostgresConnection): Fix | null {
  if (sqlstateOf(error) !== DENIED) return null
  const [, kind, name] = /permission denied for (function|table|view|schema) (\S+)$/u.exec(found) ?? []
  if (kind === undefined || name === undefined)
    return forPerson(`grant the user ${role} the privilege that the server names: ${found}`)
  const text = `GRANT ${privilegeOn(kind, quoteIdentifier(name))} TO ${quoteIdentifier(role)}`
  return inDatabase(text, SUPERUSER, { at: target.database })
}

function privilegeOn(kind: string, name: string): string {
  if (kind === 'function') return `EXECUTE ON FUNCTION ${name}`
  return kind === 'schema' ? `USAGE ON SCHEMA ${name}` : `SELECT ON ${name}`
}
