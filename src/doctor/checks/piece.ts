import { OffbeatError } from '../../model/error.ts'
import { type Fix, forPerson } from '../../model/fix.ts'
import type { Seen } from '../../sources/check.ts'

/** The session over which a database gathers its evidence. */
export interface EvidenceSession {
  /** false: it broke, and nothing more can be asked over it. */
  readonly isOpen: boolean
  /** The error is the server's answer to a statement, not a conclusion of ours. */
  isAnswer(error: OffbeatError): boolean
  /** What makes visible what the server refused in these words, where it is known; null: the words do not say what is lacking. */
  grantFor(error: OffbeatError, found: string): Fix | null
}

/** Gathers each piece of the evidence by itself. */
export interface Gatherer {
  /** `what`: what the piece shows, in a few words. Rejects only when the connection breaks. */
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

/** A piece that is made of another: unseen where that one is. */
export async function after<A, B>(first: Seen<A>, next: (seen: A) => Promise<Seen<B>>): Promise<Seen<B>> {
  return 'seen' in first ? await next(first.seen) : first
}

/** Refused, or ended by a timeout: nothing was learnt. Any other error of an inspection is a finding by itself. */
export function isRefused({ code }: OffbeatError): boolean {
  return code === 'DATABASE_PERMISSION' || code === 'DATABASE_STATEMENT_ENDED'
}

function pieceRefused(error: OffbeatError, what: string, session: EvidenceSession): Seen<never> {
  const found = error.found ?? error.message
  const fix = error.fix.length > 0 ? error.fix : [session.grantFor(error, found) ?? forPerson(error.entry.cure)]
  return { what: `${what}: ${found}`, unseen: fix }
}
