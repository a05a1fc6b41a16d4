import type { OffbeatError } from '../../../model/error.ts'
import type { Offset } from '../../../model/offset.ts'
import type { LogFiles } from '../inspect/log-files.ts'
import { identityOf, type MariadbFacts, type MysqlFacts, type ServerFacts } from '../inspect/server-facts.ts'
import {
  compareLogFilePositions,
  type LogFilePosition,
  logFileName,
  logFilePositionText,
  parseLogFile,
} from '../position/log-file.ts'
import { type MariadbGtidList, mariadbGtidListText } from '../position/mariadb-gtid-list.ts'
import { containsMysqlGtids, mysqlGtidSetText, mysqlGtidsWithout } from '../position/mysql-gtid-set.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../position/position.ts'
import { gtidsOff, logOff, logPurged, logReset, otherServer } from './position-lost.ts'

export interface ResumeInput {
  readonly source: string
  readonly offset: Offset | null
  readonly facts: ServerFacts
}

export type Opening =
  | { readonly can: 'yes'; readonly as: 'same server' | 'promoted'; readonly why: string }
  | { readonly can: 'no'; readonly error: OffbeatError }
  /** The check needs the list of log files, and the user lacks the privilege to read it. */
  | { readonly can: 'unknown' }

/** Whether the log can be read from the offset on this server without a gap. */
export function checkResume(input: ResumeInput): Opening {
  const { facts, offset } = input
  if (!facts.logsBinary) return { can: 'no', error: logOff(input) }
  if (offset === null) return { can: 'yes', as: 'same server', why: 'no offset is stored yet' }
  return facts.product === 'mysql' ? checkMysql(input, facts, offset) : checkMariadb(input, facts, offset)
}

function isSameServer({ facts, offset }: ResumeInput): boolean {
  const server = offset?.server ?? null
  if (server === null) return true
  return facts.product === 'mysql' ? server['serverUuid'] === facts.serverUuid : server['serverId'] === facts.serverId
}

function checkMysql(input: ResumeInput, facts: MysqlFacts, offset: Offset): Opening {
  const gtids = MYSQL_POSITIONS.gtidsOf(offset.position)
  const filePosition = MYSQL_POSITIONS.filePositionOf(offset.position)
  const isSame = isSameServer(input)
  const lacking = mysqlGtidsWithout(gtids, facts.executed)
  if (lacking.size > 0) {
    const found = `gtid_executed is without ${mysqlGtidSetText(lacking)}`
    return { can: 'no', error: isSame ? logReset(input, found) : otherServer(input, found) }
  }
  if (filePosition !== null && facts.gtidMode !== 'ON') return checkFilePosition(input, facts.log, filePosition)
  if (facts.gtidMode === 'OFF' || facts.gtidMode === 'OFF_PERMISSIVE') {
    if (!isSame || !containsMysqlGtids(gtids, facts.executed)) return { can: 'no', error: gtidsOff(input) }
  }
  const purged = mysqlGtidsWithout(facts.purged, gtids)
  if (purged.size > 0) {
    const found = `purged and not read: ${mysqlGtidSetText(purged)}`
    return { can: 'no', error: logPurged(input, found, { purged: mysqlGtidSetText(purged) }) }
  }
  return opened(isSame, 'gtid_executed has all GTIDs of the offset, and gtid_purged has no other')
}

function opened(isSame: boolean, proof: string): Opening {
  return isSame
    ? { can: 'yes', as: 'same server', why: proof }
    : { can: 'yes', as: 'promoted', why: `another server: ${proof}` }
}

/** A file name and an offset are valid only on the server that they come from. */
function checkFilePosition(input: ResumeInput, log: LogFiles | null, filePosition: LogFilePosition): Opening {
  if (!isSameServer(input))
    return { can: 'no', error: otherServer(input, `the server has ${identityText(input.facts)}`) }
  if (log === null) return { can: 'unknown' }
  const file = log.files.find(({ name }) => name === logFileName(filePosition))
  if (file !== undefined) {
    if (filePosition.offset <= file.bytes) return opened(true, `the server has ${logFilePositionText(filePosition)}`)
    return { can: 'no', error: logReset(input, `${file.name} has ${file.bytes} bytes`) }
  }
  const oldest = parseLogFile(log.files[0]?.name ?? '')
  const order = oldest === null ? 'unordered' : compareLogFilePositions(filePosition, { ...oldest, offset: 4 })
  const found = `the files of the server are ${log.files[0]?.name} to ${log.files.at(-1)?.name}`
  return { can: 'no', error: order === 'before' ? logPurged(input, found, {}) : logReset(input, found) }
}

function identityText(facts: ServerFacts): string {
  return Object.entries(identityOf(facts))
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

/** Checks each domain separately: sequence numbers of different domains cannot be compared. */
function checkMariadb(input: ResumeInput, facts: MariadbFacts, offset: Offset): Opening {
  const ours = MARIADB_POSITIONS.gtidsOf(offset.position)
  const isSame = isSameServer(input)
  const beyond = beyondLog(ours, facts.written)
  if (beyond !== null) return { can: 'no', error: isSame ? logReset(input, beyond) : otherServer(input, beyond) }
  if (facts.before === null) return { can: 'unknown' }
  for (const [domain, { sequence }] of facts.before) {
    if ((ours.get(domain)?.sequence ?? 0n) >= sequence) continue
    const found = `the oldest file begins after ${mariadbGtidListText(facts.before)}; of the domain ${domain} the offset has ${ours.get(domain)?.sequence ?? 'nothing'}`
    return { can: 'no', error: logPurged(input, found, { purgedDomain: domain }) }
  }
  return opened(
    isSame,
    'gtid_binlog_pos has every domain of the offset, and the oldest file begins before each of them',
  )
}

/**
 * Describes the first domain in which the log ends before the offset, or has another transaction under the offset's sequence number. null:
 * there is no such domain.
 */
function beyondLog(ours: MariadbGtidList, written: MariadbGtidList): string | null {
  for (const [domain, { server, sequence }] of ours) {
    const there = written.get(domain)
    if (there === undefined) return `gtid_binlog_pos has no domain ${domain}`
    if (there.sequence < sequence) return `gtid_binlog_pos ends the domain ${domain} at ${there.sequence}`
    if (there.sequence === sequence && there.server !== server)
      return `${domain}-${sequence} is a transaction of the server ${there.server}, in the offset one of the server ${server}`
  }
  return null
}
