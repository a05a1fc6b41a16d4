import type { OffbeatError } from '../../model/error.ts'
import type { Fix } from '../../model/fix.ts'
import { advice, type CheckFix, type CheckResult } from '../../sources/check.ts'

/** Turns an error from another part of the program into a check's finding. `toFix` turns its fixes into a check's fixes. */
export function failedBy(error: OffbeatError, toFix: (fix: Fix) => CheckFix): CheckResult {
  const fix = error.fix.map(toFix)
  return {
    status: 'fail',
    code: error.code,
    found: error.found === null ? error.message : `${error.message}: ${error.found}`,
    expected: error.expected ?? error.entry.cure,
    fix: fix.length > 0 ? fix : [advice(error.entry.cure)],
  }
}
