import { failedBy } from '../../../doctor/checks/finding.ts'
import type { OffbeatError } from '../../../model/error.ts'
import { type Fix, inDatabase, located, query } from '../../../model/fix.ts'
import { type CheckFix, type CheckResult, manual } from '../../check.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
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
  error: OffbeatError,
  because: string | ((fix: Fix) => string),
): CheckResult {
  return failedBy(error, (fix) => fixOf(evidence, fix, typeof because === 'string' ? because : because(fix)))
}
