import { OffbeatError } from '../../../model/error.ts'
import { alternative, type Fix, forPerson, inDatabase, inFile, inShell } from '../../../model/fix.ts'
import { REPLICATION, SUPERUSER } from '../connect/fix-runner.ts'
import { alterSlot } from '../connect/postgresql-target.ts'
import { slotDetails } from '../inspect/server-facts.ts'
import type { ResumeInput } from './loss.ts'

const FAILOVER_VERSION = 170000

type Input = Omit<ResumeInput, 'config'> & {
  readonly config: ResumeInput['config'] & { readonly failover: boolean }
}

/** Why a slot cannot be created here, in addition to what `checkFresh` finds. */
export function checkSlotServer(input: Input): OffbeatError | null {
  return onlyStandby(input) ?? failoverNotPossible(input)
}

/** A slot exists only on its own server. One that is created on a standby because no primary answered would exist only there, unnoticed. */
function onlyStandby({ source, config, facts }: Input): OffbeatError | null {
  const { hosts } = config.connection
  if (!facts.standby || hosts.length === 1) return null
  return new OffbeatError('POSTGRES_ONLY_STANDBY', {
    message: `of the ${hosts.length} hosts only a standby answers, and the first start of ${source} would create its slot there`,
    found: 'a server in recovery',
    expected: 'the primary among the hosts, to create the slot; or, to read from a standby, only this one as `host`',
    fix: [
      forPerson('make the primary reachable'),
      alternative('to read from a standby, configure `host` instead of `hosts`'),
    ],
    details: { slot: config.slot },
  })
}

function failoverNotPossible({ config, facts }: Input): OffbeatError | null {
  if (!config.failover) return null
  if (facts.version < FAILOVER_VERSION) {
    return new OffbeatError('POSTGRES_FAILOVER_UNSUPPORTED', {
      message: `the slot ${config.slot} cannot be synchronized to standbys by this server`,
      found: `version ${Math.floor(facts.version / 10000)}`,
      expected: 'version 17 or newer, or no `failover: true`',
      fix: [inFile('failover: false')],
    })
  }
  if (!facts.standby) return null
  return new OffbeatError('POSTGRES_FAILOVER_UNSUPPORTED', {
    message: `the slot ${config.slot} would be created on a standby, which cannot have its own failover slots`,
    found: 'a server in recovery',
    expected: 'the primary, or no `failover: true`',
    fix: [inFile('failover: false')],
  })
}

/** Finds a synchronized copy of the primary's slot on a standby. It cannot be read until the standby is promoted. */
export function checkSynced({ config, facts }: Input): OffbeatError | null {
  const { slot } = facts
  if (slot === null || !slot.synced || !facts.standby) return null
  return new OffbeatError('POSTGRES_ONLY_STANDBY', {
    message: `the slot ${config.slot} on this standby is a copy of the slot on the primary, and cannot be read before a promotion`,
    found: 'a synchronized slot on a server in recovery',
    expected: 'the primary, or this server once it is promoted',
    fix: [
      forPerson('read from the primary'),
      alternative('if the primary will not come back, promote the standby'),
      inDatabase('SELECT pg_promote()', SUPERUSER),
    ],
    details: slotDetails(slot),
  })
}

/** Reports a slot that exists without the failover property that the configuration asks for. */
export function failoverMissing({ config, facts }: Input): { readonly found: string; readonly fix: Fix } | null {
  const { slot } = facts
  if (!config.failover || slot === null || slot.failover || facts.standby) return null
  const unsupported = facts.version < FAILOVER_VERSION
  return {
    found: unsupported ? `version ${Math.floor(facts.version / 10000)}, which has none` : 'failover = false',
    fix: unsupported
      ? inFile('failover: false')
      : inShell(alterSlot(config, 'FAILOVER true'), { by: REPLICATION, note: 'while the connector is stopped' }),
  }
}
