import { isDeepStrictEqual } from 'node:util'
import { OffbeatError } from '../../model/error.ts'
import type { SchedulerFacts } from './facts.ts'

/** How much of the scheduler could be checked. */
export type SchedulerSight<Scheduler> =
  /** The connection is to a replica, and no primary is configured. */
  | { readonly seen: 'nothing'; readonly because: 'no primary' }
  | { readonly seen: 'nothing'; readonly because: 'error'; readonly error: OffbeatError }
  | {
      readonly seen: 'scheduler'
      readonly scheduler: Scheduler
      /** As `SchedulerFacts.primaryElsewhere`. */
      readonly primaryElsewhere: string | null
    }

/** `primary`: the configured primary. `read`: the server that is read. */
type At = 'primary' | 'read'

export interface SchedulerServers<Scheduler> {
  /** A primary is configured. */
  readonly hasPrimary: boolean
  /** The server that is read is a replica. */
  readonly isReplica: boolean
  /** A value that identifies the server; compared by value. */
  identity(at: At): Promise<unknown>
  readAt(at: At): Promise<Scheduler>
}

/** Checks the scheduler on the primary, because a replica runs no jobs. Rejects only with errors that are not classified. */
export async function sightOfScheduler<Scheduler>(
  servers: SchedulerServers<Scheduler>,
): Promise<SchedulerSight<Scheduler>> {
  const { hasPrimary, isReplica } = servers
  if (isReplica && !hasPrimary) return { seen: 'nothing', because: 'no primary' }
  try {
    const primaryElsewhere = hasPrimary && !isReplica ? await elsewhere(servers) : null
    const at = hasPrimary && primaryElsewhere === null ? 'primary' : 'read'
    return { seen: 'scheduler', scheduler: await servers.readAt(at), primaryElsewhere }
  } catch (error) {
    if (!(error instanceof OffbeatError)) throw error
    return { seen: 'nothing', because: 'error', error }
  }
}

/** A promoted replica runs its jobs itself, whatever `primary` still says. */
async function elsewhere({ identity }: SchedulerServers<unknown>): Promise<string | null> {
  const read = await identity('read')
  try {
    return isDeepStrictEqual(await identity('primary'), read) ? null : 'leads to another server'
  } catch (error) {
    if (!(error instanceof OffbeatError)) throw error
    return `could not be checked: ${error.message}`
  }
}

/** `primary`: the line of the configuration that names it. `factsOf`: builds the facts of a scheduler that was checked. */
export function factsOfSight<Scheduler>(
  sight: SchedulerSight<Scheduler>,
  primary: string,
  factsOf: (scheduler: Scheduler) => Omit<Extract<SchedulerFacts, { seen: 'scheduler' }>, 'seen' | 'primaryElsewhere'>,
): SchedulerFacts {
  if (sight.seen === 'scheduler') {
    const { scheduler, primaryElsewhere } = sight
    return { seen: 'scheduler', primaryElsewhere, ...factsOf(scheduler) }
  }
  return sight.because === 'error' ? { seen: 'refused', why: sight.error.message } : { seen: 'nowhere', primary }
}
