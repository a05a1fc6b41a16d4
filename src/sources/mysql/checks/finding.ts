import { failedBy } from '../../../doctor/checks/finding.ts'
import type { OffbeatError } from '../../../model/error.ts'
import { type Fix, inDatabase, query } from '../../../model/fix.ts'
import { type CheckFix, type CheckResult, manual } from '../../check.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { setForServer } from '../inspect/server-setting.ts'
import type { Evidence } from './evidence/evidence.ts'

const WHOLE_SERVER = 'it is a setting of the whole server'

/** A statement that an administrator runs. */
export function statement(text: string, manualBecause: string | null = null): CheckFix {
  return { ...inDatabase(text, ADMINISTRATOR), manualBecause }
}

/** A query. A person has to read its rows. */
export function readOnly(text: string): CheckFix {
  return manual(query(text, ADMINISTRATOR), '')
}

/** Changes a setting of the whole server for good. `value` is an SQL literal. */
export function setting({ version }: Pick<Evidence, 'version'>, name: string, value: string): readonly CheckFix[] {
  return leftToPerson(setForServer(version, name, value), WHOLE_SERVER)
}

export function leftToPerson(fix: readonly Fix[], because: string): readonly CheckFix[] {
  return fix.map((each) => manual(each, because))
}

/** Turns an error from another part into a check's finding. `because`: why its fixes are left to a person. */
export function findingOf(error: OffbeatError, because: string): CheckResult {
  return failedBy(error, (fix) => manual(fix, because))
}
