import { OffbeatError } from '../../../model/error.ts'
import { alternative, type Fix, forPerson, inDatabase, inFile, inShell } from '../../../model/fix.ts'
import { REPLICATION, SUPERUSER } from '../connect/fix-runner.ts'
import { alterSlot } from '../connect/postgresql-target.ts'
import { type SlotFacts, slotDetails } from '../inspect/server-facts.ts'
import { dropSlot, type ResumeInput, where } from './loss.ts'
import { otherSlot } from './slot-name.ts'

/* The errors for a slot that exists and cannot be read. The conditions are in slot-check.ts. */

export function otherPlugin(input: ResumeInput, slot: SlotFacts): OffbeatError {
  return new OffbeatError('POSTGRES_SLOT_OTHER_PLUGIN', {
    message: `the slot ${slot.name} cannot be read by Offbeat`,
    found: slot.plugin === null ? 'a physical slot' : `a slot with the plugin ${slot.plugin}`,
    expected: 'a logical slot with the plugin pgoutput',
    fix: [useOther(input)],
    details: slotDetails(slot),
  })
}

export function otherDatabase(input: ResumeInput, slot: SlotFacts): OffbeatError {
  return new OffbeatError('POSTGRES_SLOT_OTHER_DATABASE', {
    message: `the slot ${slot.name} belongs to another database of the server`,
    found: `a slot of the database ${slot.database ?? 'unknown'}`,
    expected: `a slot of the database ${input.facts.database}`,
    fix: [useOther(input)],
    details: slotDetails(slot),
  })
}

function useOther({ config }: ResumeInput): Fix {
  return inFile(`slot: ${otherSlot(config)}`)
}

/** A two-phase slot sends PREPARE and COMMIT PREPARED, which protocol 1 does not have. The option can be altered only from 18 on. */
export function twoPhase(input: ResumeInput, slot: SlotFacts): OffbeatError {
  const { config, facts } = input
  const alter = inShell(alterSlot(config, 'TWO_PHASE false'), {
    by: REPLICATION,
    note: 'while no client reads the slot',
  })
  return new OffbeatError('POSTGRES_SLOT_TWO_PHASE', {
    message: `the slot ${slot.name} decodes transactions when they are prepared, which Offbeat does not support`,
    found: 'two_phase = true',
    expected: 'a slot with two_phase = false, which sends a prepared transaction when it is committed',
    fix: [useOther(input), ...(facts.version >= 180000 ? [alter] : [])],
    details: slotDetails(slot),
  })
}

export function notOurs(input: ResumeInput, slot: SlotFacts): OffbeatError {
  return new OffbeatError('POSTGRES_SLOT_NOT_OURS', {
    message: `the slot ${slot.name} exists, and no offset is stored for ${input.source}: another client may use it`,
    found: `a slot at ${slot.confirmedFlushLsn ?? 'no position'}, ${readBy(slot)}`,
    expected: 'no slot of this name, or a stored offset',
    fix: [
      ...(slot.activePid === null ? [perhapsOurs(input)] : []),
      inShell(`offbeat offsets set ${input.source} --from-slot`, {
        note: 'takes it over; another client that reads it loses changes',
      }),
      alternative('use another slot, which starts at the current end of the log'),
      useOther(input),
      alternative('drop the slot, if it is not needed'),
      dropSlot(input),
    ],
    details: slotDetails(slot),
  })
}

function readBy({ activePid, inactiveSinceMs }: SlotFacts): string {
  if (activePid !== null) return `read by process ${activePid}`
  return inactiveSinceMs === null
    ? 'not being read'
    : `not being read since ${new Date(inactiveSinceMs).toISOString().slice(0, 19)}Z`
}

/** The server does not record who created a slot, so a person must decide whether it is ours. */
function perhapsOurs({ source }: ResumeInput): Fix {
  return forPerson(
    `take the slot over if a first start of ${source} created it and was killed before it stored an offset: nothing is lost then`,
  )
}

/** The creator can be a broken connection of ours: the server notices only when the transactions that it waits for have ended. */
export function beingCreated(input: ResumeInput, slot: SlotFacts): OffbeatError {
  const pid = slot.activePid
  return new OffbeatError('POSTGRES_SLOT_IN_USE', {
    message: `the slot ${slot.name} is being created on ${where(input)}, and no offset is stored for ${input.source}`,
    found: `a slot without a position, ${pid === null ? 'not in use' : `in use by process ${pid}`}`,
    expected: 'no slot of this name',
    fix:
      pid === null
        ? [dropSlot(input)]
        : [
            inDatabase(`SELECT pg_terminate_backend(${pid})`, SUPERUSER, {
              note: 'ends the creation, and the slot is dropped',
            }),
          ],
    details: slotDetails(slot),
  })
}

export function temporarySlot(slot: SlotFacts): OffbeatError {
  return new OffbeatError('POSTGRES_SLOT_IN_USE', {
    message: `the slot ${slot.name} is a temporary slot of another session`,
    found: `a temporary slot of process ${slot.activePid ?? 'unknown'}`,
    expected: 'no slot of this name, or a permanent one',
    fix: [
      inDatabase(`SELECT pg_terminate_backend(${slot.activePid})`, SUPERUSER, {
        note: 'ends that session, and its slot is dropped',
      }),
    ],
    details: slotDetails(slot),
  })
}
