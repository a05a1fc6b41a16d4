import type { MariadbFacts } from '../inspect/server-facts.ts'
import {
  deletedDomains,
  type MariadbGtidList,
  mariadbGtidListText,
  reachesMariadbGtids,
  withoutDomains,
} from '../position/mariadb-gtid-list.ts'
import { MARIADB_POSITIONS } from '../position/position.ts'
import { checkFilePosition, endsBefore, filePositionOnServer } from './file-position.ts'
import { isSameServer, type Opening, opened, type ResumeInput } from './opening.ts'
import { lacksOffset, logPurged, logReset, noFilePositions } from './position-lost.ts'

/** Checks each domain separately: sequence numbers of different domains cannot be compared. */
export function checkMariadb(input: ResumeInput, facts: MariadbFacts): Opening {
  const { position } = input.offset
  const ours = MARIADB_POSITIONS.gtidsOf(position)
  const written = MARIADB_POSITIONS.filePositionOf(position)
  const { logEngine } = facts
  if (ours.size === 0 && written !== null)
    return logEngine === null
      ? checkFilePosition(input, written)
      : { can: 'no', error: noFilePositions(input, written, logEngine) }
  const isSame = isSameServer(input)
  const beyond = beyondLog(ours, facts, isSame) ?? beginsAgain(input, facts, ours)
  if (beyond !== null) return { can: 'no', error: isSame ? logReset(input, beyond) : lacksOffset(input, beyond) }
  if (logEngine !== null) {
    const why = `gtid_binlog_state has every domain of the offset; whether the log goes back that far is known only to ${logEngine}`
    return opened(isSame, why, { start: { by: 'mariadb gtids', gtids: ours }, from: position })
  }
  if (facts.starts === null) return { can: 'unknown' }
  const gtids = startOf(ours, facts, facts.starts)
  if (gtids === null) return { can: 'no', error: purged(input, ours, facts.starts[0] ?? new Map()) }
  const proof = 'gtid_binlog_state has every domain of the offset, and there is a file that begins before each of them'
  return opened(isSame, proof, { start: { by: 'mariadb gtids', gtids }, from: position })
}

/**
 * How the files show that the log was reset. After a restore, its oldest file begins after what was read. After a reset, what was read would
 * be in the new files, under GTIDs that were used twice.
 */
function beginsAgain({ offset }: ResumeInput, facts: MariadbFacts, ours: MariadbGtidList): string | null {
  const isRestored = reachesMariadbGtids(facts.starts?.[0] ?? new Map(), ours)
  return isRestored ? null : endsBefore(filePositionOnServer(offset, facts), facts.log)
}

/**
 * The GTIDs from which the log is requested. null: the files before them are purged. The domains that were deleted (FLUSH BINARY LOGS
 * DELETE_DOMAIN_ID) are left out, because the server would pass over the first transactions of a deleted domain that is used again. Files
 * from before the deletion can be read only with them.
 */
function startOf(
  ours: MariadbGtidList,
  { written }: MariadbFacts,
  starts: readonly MariadbGtidList[],
): MariadbGtidList | null {
  const left = withoutDomains(ours, deletedDomains(ours, written))
  return [left, ours].find((gtids) => starts.some((start) => reachesMariadbGtids(gtids, start))) ?? null
}

function purged(input: ResumeInput, ours: MariadbGtidList, start: MariadbGtidList) {
  const [domain] = [...start].find(([id, { sequence }]) => (ours.get(id)?.sequence ?? 0n) < sequence) ?? []
  const has = domain === undefined ? 'nothing' : (ours.get(domain)?.sequence ?? 'nothing')
  const found = `the oldest file begins after ${mariadbGtidListText(start)}; of the domain ${domain} the offset has ${has}`
  return logPurged(input, found, { purgedDomain: domain ?? null })
}

/**
 * Describes the first domain in which the log ends before the offset, or does not have the offset's transaction. null: there is no such
 * domain. A domain that the same server does not have any more was deleted, as long as its log goes on in another domain; after a reset
 * it would have none.
 */
function beyondLog(ours: MariadbGtidList, { written, state }: MariadbFacts, isSame: boolean): string | null {
  const deleted = deletedDomains(ours, written)
  if (deleted.length > 0 && (!isSame || deleted.length === ours.size))
    return `gtid_binlog_state has no domain ${deleted[0]}`
  for (const [domain, { server, sequence }] of withoutDomains(ours, deleted)) {
    const last = written.get(domain)
    if (last !== undefined && last.sequence < sequence)
      return `gtid_binlog_pos ends the domain ${domain} at ${last.sequence}`
    const there = state.get(domain)?.get(server) ?? null
    if (there !== null && there >= sequence) continue
    const until = there === null ? 'has no transaction' : `ends at ${there}`
    return `the log does not have ${domain}-${server}-${sequence}: in the domain ${domain}, the server ${server} ${until} in it`
  }
  return null
}
