import { failedBy } from '../../../doctor/checks/finding.ts'
import type { OffbeatError } from '../../../model/error.ts'
import { type CheckResult, manual } from '../../check.ts'

/** Turns an error from another part into a check's finding. `because`: why its fixes are left to a person. */
export function findingOf(error: OffbeatError, because: string): CheckResult {
  return failedBy(error, (fix) => manual(fix, because))
}
