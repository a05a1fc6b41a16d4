import { isDeepStrictEqual } from 'node:util'
import { OffbeatError } from '../../model/error.ts'
import type { ServerConnection } from '../connection-schema.ts'
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

/** Each gets the configuration with the connection of the server that it is about. */
export interface SchedulerServers<Config, Scheduler> {
  /** The server that is read is a replica. */
  readonly isReplica: boolean
  /** A value that identifies the server; compared by value. */
  identity(config: Config): Promise<unknown>
  read(config: Config): Promise<Scheduler>
}

interface Connections {
  readonly connection: ServerConnection
  readonly primary: ServerConnection | null
}

/** Checks the scheduler on the primary, because a replica runs no jobs. Rejects only with errors that are not classified. */
export async function sightOfScheduler<Config extends Connections, Scheduler>(
  config: Config,
  servers: SchedulerServers<Config, Scheduler>,
): Promise<SchedulerSight<Scheduler>> {
  const { isReplica } = servers
  const primary = config.primary === null ? null : { ...config, connection: config.primary }
  if (isReplica && primary === null) return { seen: 'nothing', because: 'no primary' }
  try {
    const primaryElsewhere = primary !== null && !isReplica ? await elsewhere(config, primary, servers) : null
    const scheduler = await servers.read(primary === null || primaryElsewhere !== null ? config : primary)
    return { seen: 'scheduler', scheduler, primaryElsewhere }
  } catch (error) {
    if (!(error instanceof OffbeatError)) throw error
    return { seen: 'nothing', because: 'error', error }
  }
}

/** A promoted replica runs its jobs itself, whatever `primary` still says. */
async function elsewhere<Config>(
  read: Config,
  primary: Config,
  { identity }: SchedulerServers<Config, unknown>,
): Promise<string | null> {
  const here = await identity(read)
  try {
    return isDeepStrictEqual(await identity(primary), here) ? null : 'leads to another server'
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
