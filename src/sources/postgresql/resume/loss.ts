import { type Fix, inDatabase, inFile, inShell } from '../../../model/fix.ts'
import type { Choice, Loss } from '../../../model/loss.ts'
import type { Offset } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import { type LossAbout, type LostOffset, lossOf, RUN, startAgain, timeOf } from '../../loss.ts'
import { POSTGRESQL_DEFAULTS, type PostgresqlConfig } from '../config.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { quoteLiteral } from '../connect/quoting.ts'
import type { ServerFacts, SlotFacts } from '../inspect/server-facts.ts'
import { lsnToBigint } from '../position.ts'
import { otherSlot } from './slot-name.ts'
import type { TimelineHistory } from './timeline.ts'

/** The input of the rules. The rules are pure: everything is gathered beforehand. */
export interface ResumeInput {
  readonly source: string
  readonly config: Pick<PostgresqlConfig, 'slot' | 'publication' | 'connection' | 'tables' | 'exclude' | 'heartbeat'>
  readonly facts: ServerFacts
  readonly offset: Offset | null
  /** The history of the server's timeline, if that is later than the offset's. */
  readonly history: TimelineHistory | null
}

/** The server's addresses. */
export function where({ config }: Pick<ResumeInput, 'config'>): string {
  return config.connection.hosts.map(({ host, port }) => `${host}:${port}`).join(', ')
}

/** A stored offset from which this server cannot continue. */
export interface LostPosition extends ResumeInput {
  readonly offset: Offset
}

/** The part that every database has. */
function lostOffset({ source, offset }: LostPosition): LostOffset {
  const position = String(offset.position)
  return { source, position, short: position, moved: offset.moved, words: POSTGRESQL_DEFAULTS.words }
}

export function lossOfPosition(position: LostPosition, about: LossAbout): Loss {
  const { offset, facts, config } = position
  const { systemIdentifier, timeline, standby } = facts
  const log = {
    head: String(facts.head),
    atMs: facts.atMs,
    bytes: bytesBetween(offset.position, facts.head),
    evidence: [
      { name: 'slot', value: `${config.slot}: ${slotInWords(facts.slot)}` },
      { name: 'server', value: `system ${systemIdentifier}, timeline ${timeline}${standby ? ', a standby' : ''}` },
    ],
  }
  return lossOf(lostOffset(position), log, about)
}

function slotInWords(slot: SlotFacts | null): string {
  if (slot === null) return 'does not exist'
  const { restartLsn, confirmedFlushLsn, walStatus, invalidationReason, inactiveSinceMs, activePid } = slot
  return [
    `restart_lsn ${restartLsn ?? '(none)'}`,
    `confirmed_flush_lsn ${confirmedFlushLsn ?? '(none)'}`,
    ...(walStatus === null ? [] : [`wal_status ${walStatus}`]),
    ...(invalidationReason === null ? [] : [`invalidation_reason ${invalidationReason}`]),
    ...(slot.conflicting ? ['conflicting'] : []),
    ...(inactiveSinceMs === null ? [] : [`inactive since ${timeOf(inactiveSinceMs)}`]),
    ...(activePid === null ? [] : [`read by process ${activePid}`]),
  ].join(', ')
}

export function bytesBetween(from: Position, until: Position): number {
  return Number(lsnToBigint(until) - lsnToBigint(from))
}

export function dropSlot({ config }: { readonly config: Pick<PostgresqlConfig, 'slot'> }): Fix {
  return inDatabase(`SELECT pg_drop_replication_slot(${quoteLiteral(config.slot)})`, SUPERUSER)
}

/**
 * The choice to copy another slot of the database whose position is at or before our offset (pg_copy_logical_replication_slot, PostgreSQL
 * 12 and later). The server retains its log from that slot on, and we begin at our offset. Empty: there is no such slot.
 */
export function copiedSlot(position: LostPosition): readonly Choice[] {
  const { facts, config, offset } = position
  const other = facts.siblings.find(({ confirmedFlushLsn: at }) => bytesBetween(at, offset.position) >= 0)
  if (other === undefined) return []
  const copy = `SELECT pg_copy_logical_replication_slot(${quoteLiteral(other.name)}, ${quoteLiteral(config.slot)})`
  return [
    {
      what: `Copy the slot ${other.name}, which is at ${other.confirmedFlushLsn}, before the stored offset`,
      cost: 'nothing is lost, and the client that reads that slot is not affected',
      run: [...(facts.slot === null ? [] : [dropSlot(position)]), inDatabase(copy, SUPERUSER), RUN],
    },
  ]
}

/** `after`: fixes that prevent the same loss later. */
export function startAnew(position: LostPosition, after: readonly Fix[] = []): Choice {
  return startAgain(lostOffset(position), { before: position.facts.slot === null ? [] : [dropSlot(position)], after })
}

/** As `startAnew`, for a server that is not ours. A slot of our name there can be another client's, so it is not dropped. */
export function startElsewhere(position: LostPosition): Choice {
  const { facts, source, config } = position
  if (facts.slot === null) return startAnew(position)
  const choice = startAnew(position)
  return {
    ...choice,
    run: [inFile(`sources.${source}.slot: ${otherSlot(config)}`), ...choice.run.filter((step) => step.in === 'shell')],
  }
}

export function fromSlot({ source }: LostPosition, about: Pick<Choice, 'what' | 'cost'>): Choice {
  return { ...about, run: [inShell(`offbeat offsets set ${source} --from-slot`), RUN] }
}
