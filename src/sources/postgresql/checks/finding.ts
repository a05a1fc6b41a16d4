import type { OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import { type CommandFix, type Fix, inDatabase, query } from '../../../model/fix.ts'
import { advice, type CheckFix, type CheckResult, manual } from '../../check.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { type ServerPlaces, setForServer } from '../inspect/setting-place.ts'
import type { Evidence } from './evidence/evidence.ts'

export const RESTART = 'it needs a restart of the server'
const WHOLE_SERVER = 'it is a setting of the whole server'
export const SOMEBODYS = 'it ends or drops something that another client may use'
const GAP = 'it decides what is never delivered'

/** A statement for the database that is captured. */
export function statement(
  { config }: Pick<Evidence, 'config'>,
  text: string,
  by: string,
  manualBecause: string | null = null,
): CheckFix {
  return onDatabase(config.connection.database, text, by, manualBecause)
}

export function onDatabase(at: string, text: string, by: string, manualBecause: string | null = null): CheckFix {
  return { ...inDatabase(text, by, { at }), manualBecause }
}

/** A query for the database that is captured: a person has to see its rows. */
export function look(evidence: Pick<Evidence, 'config'>, text: string, by: string): CheckFix {
  return fixOf(evidence, query(text, by), '')
}

/** A setting of the server, and the reload that puts it in force. */
export function setting(
  evidence: Pick<Evidence, 'config' | 'facts'>,
  name: string,
  value: string,
  because = WHOLE_SERVER,
): readonly CheckFix[] {
  const set = fixOf(evidence, setForServer(evidence.facts, name, value), because)
  if (set.in !== 'database') return [set]
  return [set, statement(evidence, 'SELECT pg_reload_conf()', SUPERUSER, 'it also applies other changed settings')]
}

/** A setting of the server that is in force after a restart. */
export function settingAtStart(
  server: ServerPlaces,
  database: string,
  name: string,
  value: string,
): readonly CheckFix[] {
  return [manual(locate(setForServer(server, name, value), database), RESTART), advice('restart the server')]
}

export function finding(
  status: 'warn' | 'fail',
  code: ErrorCode,
  about: { readonly found: string; readonly expected: string; readonly fix: readonly CheckFix[] },
): CheckResult {
  return { status, code, ...about }
}

/** A fix of an error: its statements run in the database that is captured, unless they say otherwise. */
export function fixOf({ config }: Pick<Evidence, 'config'>, fix: Fix, because: string): CheckFix {
  return manual(locate(fix, config.connection.database), fix.in === 'shell' ? reasonOf(fix) : because)
}

function locate(fix: Fix, database: string): Fix {
  return fix.in === 'database' ? { ...fix, at: fix.at ?? database } : fix
}

/** What another than the user of Offbeat runs is a client's command; ours move the offset. */
function reasonOf({ by }: CommandFix): string {
  return by === undefined ? GAP : 'it needs a shell'
}

/** What another part has found, as a check's. */
export function findingOf(
  evidence: Evidence,
  status: 'warn' | 'fail',
  error: OffbeatError,
  because: string,
): CheckResult {
  const fix = error.fix.map((each) => fixOf(evidence, each, because))
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
