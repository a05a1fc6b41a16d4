import { OffbeatError } from '../../../model/error.ts'
import { alternative, forPerson, inDatabase, query } from '../../../model/fix.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { setForServer } from '../inspect/setting-origin.ts'
import { createPublication } from '../tables/publication-statement.ts'
import { type ResumeInput, where } from './loss.ts'

/* The errors of a server that come before any check of a slot or an offset. The conditions are in slot-check.ts. */

export function undecodableStandby({ facts }: ResumeInput): OffbeatError {
  return new OffbeatError('POSTGRES_STANDBY', {
    message: 'the server is a standby, and one of its version cannot decode its log',
    found: `a standby of version ${Math.floor(facts.version / 10000)}`,
    expected: 'the primary, or a standby of version 16 or newer',
  })
}

export function walLevelTooLow(input: ResumeInput): OffbeatError {
  const { walLevel, standby, version } = input.facts
  const atPrimary = standby && version >= 190000
  return new OffbeatError('POSTGRES_WAL_LEVEL', {
    message: `the server ${where(input)} does not log enough to read changes from`,
    found: `wal_level = ${walLevel}`,
    expected: 'wal_level = logical',
    fix: atPrimary
      ? [inDatabase('ALTER SYSTEM SET wal_level = logical', SUPERUSER, { note: 'on the primary, then restart it' })]
      : [setForServer(input.facts, 'wal_level', 'logical'), forPerson('restart the server')],
    details: { walLevel },
  })
}

export function publicationMissing({ config, facts }: Pick<ResumeInput, 'config' | 'facts'>): OffbeatError {
  return new OffbeatError('POSTGRES_PUBLICATION_MISSING', {
    message: `the database ${facts.database} has no publication ${config.publication}`,
    found: 'no such row in pg_publication',
    expected: 'a publication of the watched tables and of the heartbeat table',
    fix: [inDatabase(createPublication(config, facts.candidates), SUPERUSER, { at: facts.database })],
    details: { publication: config.publication },
  })
}

/** `error`: what the standby lacks. */
export function noPrimary(error: OffbeatError, { config }: ResumeInput): OffbeatError {
  const { hosts } = config.connection
  return new OffbeatError('POSTGRES_ONLY_STANDBY', {
    message: `of the ${hosts.length} hosts only a standby answers, and it cannot be read: ${error.message}`,
    found: `${error.code}: ${error.found ?? 'on the standby'}`,
    expected: 'a primary among the hosts that accepts the connection',
    fix: [
      forPerson('make the primary reachable'),
      alternative('if the primary will not come back, promote the standby'),
      inDatabase('SELECT pg_promote()', SUPERUSER),
    ],
    details: error.details,
  })
}

/** A standby reports the timeline of its last checkpoint. For a while after its upstream was promoted, that is still the old one. */
export function behindUpstream(input: ResumeInput, ours: number): OffbeatError {
  const { timeline } = input.facts
  return new OffbeatError('POSTGRES_ONLY_STANDBY', {
    message: `the standby ${where(input)} has not yet reached the timeline of the offset of ${input.source}`,
    found: `timeline ${timeline} at its last checkpoint`,
    expected: `timeline ${ours} or a later one`,
    fix: [
      inDatabase('CHECKPOINT', SUPERUSER),
      query('SELECT status, received_tli FROM pg_stat_wal_receiver', SUPERUSER),
    ],
    details: { timeline, offsetTimeline: ours },
  })
}
