import { alternative, type Fix, forPerson } from '../../model/fix.ts'
import { spanInWords } from '../check.ts'

/** A transaction whose lock on the heartbeat table or its row can block a beat. */
export type LockHolder =
  | {
      readonly kind: 'session'
      /** As the database's statements name it. */
      readonly id: string
      readonly user: string
      /** '': it reports no name. */
      readonly application: string
      /** null: we cannot see it. */
      readonly state: string | null
      /** The time since its transaction began; null: we cannot see it. */
      readonly agoMs: number | null
    }
  /** A prepared transaction, which belongs to no session until it is committed or rolled back. */
  | {
      readonly kind: 'prepared'
      readonly id: string
      /** null: the database does not record it. */
      readonly user: string | null
      readonly agoMs: number
    }

/** A database's terms for the holders of locks, and its statements to end them. */
export interface LockWords {
  /** e.g. 'process'. */
  readonly session: string
  /** What would make more of a session visible, a sentence that is printed in parentheses. */
  readonly hidden: string
  endSession(id: string): Fix
  rollBack(id: string): Fix
  commit(id: string): Fix
}

/** null: no holder of a lock is seen. */
export function holdersInWords(holders: readonly LockHolder[], about: LockWords): string | null {
  if (holders.length === 0) return null
  const isHidden = holders.some((holder) => holder.kind === 'session' && holder.agoMs === null)
  return `locked by ${holders.map((holder) => inWords(holder, about)).join('; ')}${isHidden ? ` (${about.hidden})` : ''}`
}

function inWords(holder: LockHolder, { session }: LockWords): string {
  if (holder.kind === 'prepared')
    return `the prepared transaction ${holder.id}${holder.user === null ? '' : ` of ${holder.user}`}, for ${spanInWords(holder.agoMs)}`
  const { id, user, application, state, agoMs } = holder
  const who = [`user ${user}`, ...(application === '' ? [] : [`application ${application}`])]
  const what = [...(state === null ? [] : [state]), ...(agoMs === null ? [] : [`for ${spanInWords(agoMs)}`])]
  return `${session} ${id} (${[...who, ...(what.length === 0 ? [] : [`in a transaction: ${what.join(', ')}`])].join(', ')})`
}

/** Fixes that end the locks, in the client or in the database. */
export function lockFix(holders: readonly LockHolder[], about: LockWords): readonly Fix[] {
  const idsOf = (kind: LockHolder['kind']) => holders.filter((holder) => holder.kind === kind).map(({ id }) => id)
  const [sessions, prepared] = [idsOf('session'), idsOf('prepared')]
  const rollBack = prepared.map((id) => about.rollBack(id))
  if (sessions.length === 0) return [...rollBack, alternative('commit'), ...prepared.map((id) => about.commit(id))]
  return [
    forPerson(`commit or roll back the transaction of ${about.session} ${sessions.join(', ')} in its client`),
    alternative('end the session, which rolls the transaction back'),
    ...sessions.map((id) => about.endSession(id)),
    ...rollBack,
  ]
}
