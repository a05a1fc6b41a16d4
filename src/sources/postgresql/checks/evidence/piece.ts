import { OffbeatError } from '../../../../model/error.ts'
import { type Fix, forPerson, inDatabase } from '../../../../model/fix.ts'
import type { Seen } from '../../../check.ts'
import type { PostgresConnection } from '../../connect/connection.ts'
import { SUPERUSER } from '../../connect/fix-runner.ts'
import { quoteIdentifier } from '../../connect/quoting.ts'

const DENIED = '42501'

/** Gathers each piece of the evidence by itself. */
export interface Gatherer {
  /** `what`: what the piece shows, in a few words. Rejects only when the connection breaks. */
  piece<T>(what: string, gather: () => Promise<T>): Promise<Seen<T>>
}

export function gathererOver(connection: PostgresConnection): Gatherer {
  return {
    async piece(what, gather) {
      try {
        return { seen: await gather() }
      } catch (error) {
        if (!(error instanceof OffbeatError) || !connection.isOpen || !isOfStatement(error)) throw error
        return unseenBecause(error, what, connection)
      }
    },
  }
}

/** A piece that is made of another: unseen where that one is. */
export async function after<A, B>(first: Seen<A>, next: (seen: A) => Promise<Seen<B>>): Promise<Seen<B>> {
  return 'seen' in first ? await next(first.seen) : first
}

/** Refused, or ended by a timeout: nothing was learnt. Any other error of an inspection is a finding by itself. */
export function isRefused({ code }: OffbeatError): boolean {
  return code === 'DATABASE_PERMISSION' || code === 'DATABASE_STATEMENT_ENDED'
}

/** The server's answer to a statement, not a conclusion of ours. */
function isOfStatement({ details }: OffbeatError): boolean {
  return typeof details['sqlstate'] === 'string'
}

function unseenBecause(error: OffbeatError, what: string, connection: PostgresConnection): Seen<never> {
  const found = error.found ?? error.message
  return { what: `${what}: ${found}`, unseen: error.fix.length > 0 ? error.fix : [grantFor(error, found, connection)] }
}

/** The server names what it refuses in its message alone, which may be in another language than English. */
function grantFor(error: OffbeatError, found: string, { role, target }: PostgresConnection): Fix {
  if (error.details['sqlstate'] !== DENIED) return forPerson(error.entry.cure)
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
