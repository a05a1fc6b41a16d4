import type { MysqlConnection } from '../connect/connection.ts'
import { gtidsBefore, startsOfFiles } from '../inspect/gtids-before.ts'
import type { MariadbFacts, MysqlFacts } from '../inspect/server-facts.ts'
import { deletedDomains } from '../position/mariadb-gtid-list.ts'
import { mysqlGtidSetText, mysqlGtidsWithout, mysqlGtidUnion } from '../position/mysql-gtid-set.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../position/position.ts'
import { filePositionOnServer, hasFilePosition } from './file-position.ts'
import type { Opening, ResumeInput } from './opening.ts'
import { neededOffset } from './prepared-replay.ts'
import { checkResume } from './resume-check.ts'

const COMMITS_S = 2

type GtidsBefore = (file: string) => Promise<string | null>

/**
 * `checkResume`, for the oldest part of the log that the offset needs, with what only further queries show. `before`: the GTIDs before a
 * file, for a caller that keeps them.
 */
export async function checkResumeOn(
  connection: MysqlConnection,
  { source, offset, facts }: ResumeInput,
  signal: AbortSignal,
  before: GtidsBefore = (file) => gtidsBefore(connection, file, signal),
): Promise<Opening> {
  const input = { source, offset: neededOffset(offset, facts), facts }
  const opening = checkResume(input)
  return facts.product === 'mysql'
    ? await afterCommits(connection, input, facts, opening, signal)
    : await inEveryFile(input, facts, opening, before)
}

/**
 * The server sends transactions before they are in `gtid_executed`, and waits in between for a semisynchronous replica. So if its files have
 * the offset, it gets some time to commit them.
 */
async function afterCommits(
  connection: MysqlConnection,
  input: ResumeInput,
  facts: MysqlFacts,
  opening: Opening,
  signal: AbortSignal,
): Promise<Opening> {
  const gtids = MYSQL_POSITIONS.gtidsOf(input.offset.position)
  const lacking = mysqlGtidsWithout(gtids, facts.executed)
  const hasFile = hasFilePosition(filePositionOnServer(input.offset, facts), facts.log)
  if (opening.can !== 'no' || lacking.size === 0 || !hasFile) return opening
  const sql = `SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ${COMMITS_S}) AS expired`
  const [row] = await connection.query(sql, [mysqlGtidSetText(lacking)], { signal })
  if (row?.['expired'] !== '0') return opening
  return checkResume({ ...input, facts: { ...facts, executed: mysqlGtidUnion(facts.executed, lacking) } })
}

/**
 * If MariaDB's oldest file begins after the offset, or a domain was deleted, this queries the start of every file, as the server does when it
 * searches for the start of a dump: a later file can be without a domain that the oldest still names.
 */
async function inEveryFile(
  input: ResumeInput,
  facts: MariadbFacts,
  opening: Opening,
  before: GtidsBefore,
): Promise<Opening> {
  if (facts.log === null || facts.logEngine !== null) return opening
  const isPurged = opening.can === 'no' && opening.error.code === 'MYSQL_LOG_PURGED'
  const isDeleted = deletedDomains(MARIADB_POSITIONS.gtidsOf(input.offset.position), facts.written).length > 0
  if (!isPurged && !isDeleted) return opening
  const starts = await startsOfFiles(facts.log.files, before)
  return checkResume({ ...input, facts: { ...facts, starts } })
}
