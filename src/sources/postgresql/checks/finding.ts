import { failedBy } from '../../../doctor/checks/finding.ts'
import type { OffbeatError } from '../../../model/error.ts'
import { type Fix, inDatabase, located, query } from '../../../model/fix.ts'
import { type CheckFix, type CheckResult, manual } from '../../check.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { setForServer } from '../inspect/setting-origin.ts'
import type { Evidence } from './evidence/evidence.ts'

const WHOLE_SERVER = 'it is a setting of the whole server'

/** A statement for the captured database. */
export function statement(
  { config }: Pick<Evidence, 'config'>,
  text: string,
  by: string,
  manualBecause: string | null = null,
): CheckFix {
  return { ...inDatabase(text, by, { at: config.connection.database }), manualBecause }
}

/** A query for the captured database. A person has to read its rows. */
export function readOnlyQuery(evidence: Pick<Evidence, 'config'>, text: string, by: string): CheckFix {
  return fixOf(evidence, query(text, by), '')
}

/** Changes a server setting and reloads the configuration. */
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

/** A fix of an error. Its statements run in the captured database unless they name another. */
export function fixOf({ config }: Pick<Evidence, 'config'>, fix: Fix, because: string): CheckFix {
  return manual(located(fix, config.connection.database), because)
}

/** Turns an error from another part into a check's finding. `because`: why its fixes are left to a person. */
export function findingOf(
  evidence: Evidence,
  error: OffbeatError,
  because: string | ((fix: Fix) => string),
): CheckResult {
  return failedBy(error, (fix) => fixOf(evidence, fix, typeof because === 'string' ? because : because(fix)))
}
