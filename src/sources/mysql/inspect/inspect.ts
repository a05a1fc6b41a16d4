import { type Behind, behindBy } from '../../../model/behind.ts'
import { inDatabase } from '../../../model/fix.ts'
import type { LogState, Resume } from '../../../model/log-state.ts'
import type { Offset } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import { unreachable } from '../../../model/unreachable.ts'
import { type DiskLimit, diskLimits } from '../../disk-limit.ts'
import { refusedResume } from '../../loss.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { quoteAccount } from '../connect/quoting.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import type { LogFilePosition } from '../position/log-file.ts'
import { deletedDomains, withoutDomains } from '../position/mariadb-gtid-list.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../position/position.ts'
import { filePositionOnServer } from '../resume/file-position.ts'
import { withGtids } from '../resume/gtids-at-position.ts'
import { logOff } from '../resume/position-lost.ts'
import { neededOffset } from '../resume/prepared-replay.ts'
import { checkResumeOn } from '../resume/resume-on-server.ts'
import { logOnDisk, tablesOnDisk } from './disk.ts'
import { limitsOf } from './limits.ts'
import { bytesAfter, type LogFiles, monitorGrant, replicationGrant } from './log-files.ts'
import type { LogHistory } from './log-history.ts'
import { logUse } from './log-use.ts'
import { isBounded, type Retention, readRetention } from './retention.ts'
import { headOf, headText, identityOf, positionsOf, readServerFacts, type ServerFacts } from './server-facts.ts'

export interface Inspection {
  readonly connection: MysqlConnection
  readonly source: string
  /** Kept between the inspections of a probe. */
  readonly history: LogHistory
  readonly disk: DiskLimit
  /** Returns the offset that is stored at the time of the call. */
  readonly offset: () => Offset | null
  readonly signal: AbortSignal
}

/**
 * Inspects the log and the offset once. It only reads, and names the privileges that would show more. Files can be purged as soon as a
 * connector has read them, so a purge is reported only if the offset did not move during the inspection.
 */
export async function inspectLog(inspection: Inspection): Promise<LogState> {
  const offset = inspection.offset()
  const state = await inspectFor(inspection, offset)
  const { resume } = state
  if (resume.can !== 'no' || resume.code !== 'MYSQL_LOG_PURGED') return state
  const latest = inspection.offset()
  return latest === offset ? state : await inspectFor(inspection, latest)
}

async function inspectFor(inspection: Inspection, stored: Offset | null): Promise<LogState> {
  const { connection, signal } = inspection
  const offset = await withGtids(stored, connection, signal)
  const facts = await readServerFacts(connection, signal)
  const retention = await readRetention(connection, signal)
  const head = headOf(facts)
  const lag = lagOf(offset, head, facts)
  const needed = offset === null ? null : neededOffset(offset, facts)
  // A prepared transaction that is not decided needs the log from before the offset.
  const isAtEnd = lag.behind === 'no' && needed === offset
  const use = await logUse({ offset: needed, facts, isAtEnd }, inspection)
  const disk = await diskOf(inspection, facts.log, facts.atMs)
  const system = facts.product === 'mysql' ? facts.serverUuid : facts.serverId
  return {
    atMs: facts.atMs,
    server: identityOf(facts),
    run: { system, run: `${system} since ${facts.startedAtS}` },
    head: { name: 'written', shown: headText(facts), position: head, atMs: facts.atMs },
    writtenBytes: retention.writtenBytes,
    // The server purges its log by its own settings and keeps nothing for its readers.
    heldBytes: null,
    behind: lag.behind,
    lagBytes: lag.bytes,
    lagMs: lag.behind === 'no' ? 0 : null,
    limits: [
      ...limitsOf(retention, use),
      // While the server purges its log, the log does not grow without end.
      ...(isBounded(retention) ? [] : diskLimits(disk, false)),
    ],
    blockers: [],
    resume: await resumeOf(inspection, offset, facts),
    unwritable: null,
    unseen: unseenBy(inspection, facts, retention),
  }
}

interface Lag {
  readonly behind: Behind
  readonly bytes: bigint | null
}

function lagOf(offset: Offset | null, head: Position, facts: ServerFacts): Lag {
  const nothing = { behind: 'unknown', bytes: null } as const
  if (offset === null) return nothing
  const filePosition = filePositionOnServer(offset, facts)
  switch (positionsOf(facts).compare(comparable(offset.position, filePosition, head, facts), head)) {
    case 'same':
      return { behind: 'no', bytes: 0n }
    case 'before': {
      const bytes = filePosition === null || facts.log === null ? null : bytesAfter(filePosition, facts.log)
      const lag = bytes === null ? null : BigInt(bytes)
      return { behind: lag === null ? 'yes' : behindBy(lag), bytes: lag }
    }
    default:
      return nothing
  }
}

async function diskOf({ connection, disk, signal }: Inspection, log: LogFiles | null, atMs: number) {
  return await disk.of(logOnDisk(log), () => tablesOnDisk(connection, signal), atMs)
}

/** The position in the form of the head: without deleted domains, and with its file only if the head has one. */
function comparable(
  position: Position,
  filePosition: LogFilePosition | null,
  head: Position,
  facts: ServerFacts,
): Position {
  if (facts.product === 'mysql') {
    const isTracked = MYSQL_POSITIONS.filePositionOf(head) !== null
    return MYSQL_POSITIONS.of(MYSQL_POSITIONS.gtidsOf(position), isTracked ? filePosition : null)
  }
  const gtids = MARIADB_POSITIONS.gtidsOf(position)
  return MARIADB_POSITIONS.of(withoutDomains(gtids, deletedDomains(gtids, facts.written)), null)
}

async function resumeOf(
  { connection, source, history, signal }: Inspection,
  offset: Offset | null,
  facts: ServerFacts,
): Promise<Resume> {
  if (!facts.logsBinary) return refusedResume(logOff({ source }), false)
  if (offset === null) return { can: 'yes', as: 'same server', why: 'no offset is stored yet' }
  const before = (file: string) => history.before(connection, file, signal)
  const finding = await checkResumeOn(connection, { source, offset, facts }, signal, before)
  switch (finding.can) {
    case 'unknown':
      return { can: 'unknown', fix: monitorGrant(connection) }
    case 'yes':
      return { can: 'yes', as: finding.as, why: finding.passed ?? finding.why }
    case 'no':
      return refusedResume(finding.error, false)
    default:
      return unreachable(finding)
  }
}

function unseenBy({ connection, history }: Inspection, facts: ServerFacts, retention: Retention): LogState['unseen'] {
  const user = quoteAccount(connection.account.user, connection.account.host)
  return [
    ...(facts.logsBinary && facts.log === null
      ? [{ what: 'the files of the binary log', fix: monitorGrant(connection) }]
      : []),
    ...(history.isDenied
      ? [{ what: 'when the server began the files of its binary log', fix: replicationGrant(connection) }]
      : []),
    ...(retention.writtenBytes === null
      ? [
          {
            what: 'how much the server writes to its binary log',
            fix: inDatabase(`GRANT SELECT ON performance_schema.file_summary_by_event_name TO ${user}`, ADMINISTRATOR),
          },
        ]
      : []),
  ]
}
