import type { MysqlConnection } from '../connect/connection.ts'
import { startsOfFiles } from '../inspect/file-start.ts'
import { MARIADB_POSITIONS } from '../position/position.ts'
import { deletedDomains } from './mariadb-resume.ts'
import type { Opening, ResumeInput } from './opening.ts'
import { checkResume } from './resume-check.ts'

/**
 * Checks as `checkResume` does. If MariaDB's oldest file begins after the offset, or a domain was deleted, this queries the start of every
 * file, as the server does when it searches for the start of a dump: a later file can be without a domain that the oldest still names.
 */
export async function checkResumeOn(
  connection: MysqlConnection,
  input: ResumeInput,
  signal: AbortSignal,
): Promise<Opening> {
  const opening = checkResume(input)
  const { facts, offset } = input
  if (facts.product === 'mysql' || facts.log === null) return opening
  const isPurged = opening.can === 'no' && opening.error.code === 'MYSQL_LOG_PURGED'
  const isDeleted = deletedDomains(MARIADB_POSITIONS.gtidsOf(offset.position), facts.written).length > 0
  if (!isPurged && !isDeleted) return opening
  const starts = await startsOfFiles(facts.log.files, connection, signal)
  return checkResume({ ...input, facts: { ...facts, starts } })
}
