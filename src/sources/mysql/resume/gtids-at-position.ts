import type { Offset } from '../../../model/offset.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { unlessFailed } from '../errors/unless-failed.ts'
import { mariadbGtidsAt } from '../inspect/gtids-before.ts'
import type { ServerFacts } from '../inspect/server-facts.ts'
import {
  FIRST_POSITION,
  LARGEST_POSITION,
  type LogFilePosition,
  logFileName,
  parseLogFile,
} from '../position/log-file.ts'
import {
  compareMariadbGtids,
  deletedDomains,
  type MariadbGtidList,
  parseMariadbGtidList,
  withoutDomains,
} from '../position/mariadb-gtid-list.ts'
import { MARIADB_POSITIONS } from '../position/position.ts'
import { filePositionOnServer, hasFilePosition } from './file-position.ts'
import type { LogStart, Opened, ResumeInput } from './opening.ts'

/**
 * The offset with the GTIDs that MariaDB computes for its file and offset, if it has no others (imported, or typed by a person). The offset
 * itself if the server cannot compute them: it does not have the file.
 */
export async function withGtids<T extends Offset | null>(
  offset: T,
  connection: MysqlConnection,
  signal: AbortSignal,
): Promise<T> {
  if (offset === null || connection.version.product === 'mysql') return offset
  const filePosition = MARIADB_POSITIONS.filePositionOf(offset.position)
  if (filePosition === null || MARIADB_POSITIONS.gtidsOf(offset.position).size > 0) return offset
  const gtids = await gtidsAt(filePosition, connection, signal)
  if (gtids === null) return offset
  return { ...offset, position: MARIADB_POSITIONS.of(gtids, null) }
}

/** null: the server cannot compute them, or there are none. */
async function gtidsAt(
  filePosition: LogFilePosition,
  connection: MysqlConnection,
  signal: AbortSignal,
): Promise<MariadbGtidList | null> {
  const at = { file: logFileName(filePosition), position: filePosition.offset }
  const gtids = parseMariadbGtidList((await mariadbGtidsAt(connection, at, signal)) ?? '')
  return gtids === null || gtids.size === 0 ? null : gtids
}

/**
 * Where to request the log on the offset's own server. By GTIDs of several domains, MariaDB leaves out the first transactions of a domain
 * that was deleted (DELETE_DOMAIN_ID) and is used again. By file and position it leaves out nothing, so those are preferred if the server
 * confirms that the offset is there.
 */
export async function withExactFile(
  { start, as }: Opened,
  { offset, facts }: Pick<ResumeInput, 'offset' | 'facts'>,
  connection: MysqlConnection,
  signal: AbortSignal,
): Promise<LogStart> {
  if (start.by !== 'mariadb gtids' || as !== 'same server' || start.gtids.size < 2) return start
  const filePosition = await exactPosition(offset, facts, connection, signal)
  return filePosition === null || filePosition.offset > LARGEST_POSITION ? start : { by: 'file', filePosition }
}

/** Its own position in the files, or the start of the oldest file if everything before that was read. null: neither. */
async function exactPosition(
  offset: Offset,
  facts: ServerFacts,
  connection: MysqlConnection,
  signal: AbortSignal,
): Promise<LogFilePosition | null> {
  if (facts.product === 'mysql') return null
  const ours = MARIADB_POSITIONS.gtidsOf(offset.position)
  const filePosition = filePositionOnServer(offset, facts)
  if (filePosition !== null && hasFilePosition(filePosition, facts.log)) {
    // The server reads the file up to the position. Of a very large one, that can take longer than a statement may.
    const there = await unlessFailed(gtidsAt(filePosition, connection, signal), signal)
    if (there === null) return null
    // A domain of ours that is not there was deleted before.
    const common = withoutDomains(ours, deletedDomains(ours, there))
    return compareMariadbGtids(there, common) === 'same' ? filePosition : null
  }
  const oldest = parseLogFile(facts.log?.files[0]?.name ?? '')
  const isAtStart = compareMariadbGtids(facts.starts?.[0] ?? new Map(), ours) === 'same'
  return oldest === null || !isAtStart ? null : { ...oldest, offset: FIRST_POSITION }
}
