import { checkMariadb } from './mariadb-resume.ts'
import { checkMysql } from './mysql-resume.ts'
import type { Opening, ResumeInput } from './opening.ts'
import { logOff } from './position-lost.ts'

/** Whether the log can be read from the offset on this server without a gap, and how. */
export function checkResume(input: ResumeInput): Opening {
  const { facts } = input
  if (!facts.logsBinary) return { can: 'no', error: logOff(input) }
  return facts.product === 'mysql' ? checkMysql(input, facts) : checkMariadb(input, facts)
}
