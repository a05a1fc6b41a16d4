import { OffbeatError } from '../../model/error.ts'
import { type Fix, forPerson } from '../../model/fix.ts'
import type { Seen } from '../../sources/check.ts'

/** The session over which a database gathers its evidence. */
export interface EvidenceSession {
  /** false: it broke and accepts no more queries. */
  readonly isOpen: boolean
  /** Whether the error is the server's answer to a statement, and not a conclusion of ours. */
  isAnswer(error: OffbeatError): boolean
  /** The fix that makes visible what the server refused with this message; null: the message does not say which privilege is missing. */
  grantFor(error: OffbeatError, found: string): Fix | null
}

/** Gathers each piece of the evidence independently. */
export interface Gatherer {
  /** `what`: what the piece shows, in a few words. Rejects only if the connection breaks. */
  piece<T>(what: string, gather: () => Promise<T>): Promise<Seen<T>>
}

export function gathererOver(session: EvidenceSession): Gatherer {
  return {
    async piece(what, gather) {
      try {
        return { seen: await gather() }
      } catch (error) {
        if (!(error instanceof OffbeatError) || !session.isOpen || !session.isAnswer(error)) throw error
        return pieceRefused(error, what, session)
      }
    },
  }
}

/** A piece that depends on another one. It is unseen if that one is. */
export async function after<A, B>(first: Seen<A>, next: (seen: A) => Promise<Seen<B>>): Promise<Seen<B>> {
  return 'seen' in first ? await next(first.seen) : first
}

/** The query was refused or timed out, so nothing was learned. Any other error of an inspection is a finding of its own. */
export function isRefused({ code }: OffbeatError): boolean {
  return code === 'DATABASE_PERMISSION' || code === 'DATABASE_STATEMENT_ENDED'
}

function pieceRefused(error: OffbeatError, what: string, session: EvidenceSession): Seen<never> {
  const found = error.found ?? error.message
  // A query to look with shows nothing to our user, and words alone do not either. The grant does.
  const onlyReads = error.fix.every((fix) => fix.in === 'person' || (fix.in === 'database' && fix.reads === true))
  const grant = onlyReads ? session.grantFor(error, found) : null
  const known = error.fix.length > 0 ? error.fix : [forPerson(error.entry.cure)]
  return { what: `${what}: ${found}`, unseen: grant === null ? known : [grant] }
}
