import type { OffbeatError } from '../../../model/error.ts'
import { type Fix, inDatabase, query } from '../../../model/fix.ts'
import { advice, type CheckFix, type CheckResult, manual } from '../../check.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { located } from '../inspect/setting-fix.ts'
import { setForServer } from '../inspect/setting-place.ts'
import type { Evidence } from './evidence/evidence.ts'

const WHOLE_SERVER = 'it is a setting of the whole server'

/** A statement for the database that is captured. */
export function statement(
  { config }: Pick<Evidence, 'config'>,
  text: string,
  by: string,
  manualBecause: string | null = null,
): CheckFix {
  return { ...inDatabase(text, by, { at: config.connection.database }), manualBecause }
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

/** A fix of an error: its statements run in the database that is captured, unless they say otherwise. */
export function fixOf({ config }: Pick<Evidence, 'config'>, fix: Fix, because: string): CheckFix {
  return manual(located(fix, config.connection.database), because)
}

/** What another part has found, as a check's. `because`: why its fixes are left to a person. */
export function findingOf(
  evidence: Evidence,
  status: 'warn' | 'fail',
  error: OffbeatError,
  because: string | ((fix: Fix) => string),
): CheckResult {
  const reasonOf = typeof because === 'string' ? () => because : because
  const fix = error.fix.map((each) => fixOf(evidence, each, reasonOf(each)))
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
