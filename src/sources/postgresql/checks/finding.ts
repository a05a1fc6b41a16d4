import type { OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import { fixEntry, isWords } from '../../../model/fix.ts'
import { advice, type CheckFix, type CheckResult, command } from '../../check.ts'
import { type ServerPlaces, setForServer } from '../inspect/setting-place.ts'
import type { Evidence } from './evidence/evidence.ts'

export const RESTART = 'it needs a restart of the server'
const WHOLE_SERVER = 'it is a setting of the whole server'
export const SOMEBODYS = 'it ends or drops something that another client may use'
const GAP = 'it decides what is never delivered'

/** A statement for the database that is captured. */
export function statement(
  evidence: Pick<Evidence, 'config'>,
  run: string,
  by: string,
  left: string | null = null,
): CheckFix {
  return { run, database: evidence.config.connection.database, by, left }
}

/** A setting of the server, and the reload that puts it in force. */
export function setting(
  evidence: Pick<Evidence, 'config' | 'facts'>,
  name: string,
  value: string,
  left = WHOLE_SERVER,
): readonly CheckFix[] {
  const set = setForServer(evidence.facts, name, value)
  if (isWords(set)) return [advice(set.slice(2))]
  return [
    statement(evidence, set, SUPERUSER, left),
    statement(evidence, 'SELECT pg_reload_conf()', SUPERUSER, 'it also applies other changed settings'),
  ]
}

/** A setting of the server that is in force after a restart. */
export function settingAtStart(
  server: ServerPlaces,
  database: string,
  name: string,
  value: string,
): readonly CheckFix[] {
  const set = setForServer(server, name, value)
  const fix = isWords(set) ? advice(set.slice(2)) : { run: set, database, by: SUPERUSER, left: RESTART }
  return [fix, advice('restart the server')]
}

export const OWNER = "the table's owner or a superuser"
export const SUPERUSER = 'a superuser'
export const PUBLISHER = "the publication's owner, who owns the tables too, or a superuser"

export function finding(
  status: 'warn' | 'fail',
  code: ErrorCode,
  about: { readonly found: string; readonly expected: string; readonly fix: readonly CheckFix[] },
): CheckResult {
  return { status, code, ...about }
}

/** A fix as errors have them: a statement, a command of ours, or words after `# `. */
export function fixOf(evidence: Pick<Evidence, 'config'>, run: string, by: string, left: string | null): CheckFix {
  const { kind } = fixEntry(run)
  if (kind === 'words' || kind === 'alternative') return advice(run.slice(2))
  if (kind === 'command') return command(run, GAP)
  if (run.startsWith('psql ')) return { run, database: null, by: 'a role with REPLICATION', left: 'it needs a shell' }
  return statement(evidence, run, by, /^(SELECT|SHOW)\b/.test(run) ? 'it only reads, or you have to choose' : left)
}

/** What a look of another part has found, as a check's. */
export function findingOf(
  evidence: Evidence,
  status: 'warn' | 'fail',
  error: OffbeatError,
  about: { readonly by?: string; readonly left: string | null },
): CheckResult {
  const fix = error.fix.map((run) => fixOf(evidence, run, about.by ?? SUPERUSER, about.left))
  return {
    status,
    code: error.code,
    found: error.found === null ? error.message : `${error.message}: ${error.found}`,
    expected: error.expected ?? error.entry.cure,
    fix: fix.length > 0 ? fix : [advice(error.entry.cure)],
  }
}

const MOST_NAMED = 20

export function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
