import type { Fix } from '../model/fix.ts'
import type { Blocker, LogState, Resume } from '../model/log-state.ts'
import {
  advice,
  type CheckFix,
  type CheckResult,
  finding,
  manual,
  SOMEBODYS,
  spanInWords,
  unseen,
  well,
} from '../sources/check.ts'

/*
 * Findings from an inspection of the log, for every database. `toFix` turns a fix of the inspection into a check's fix: it adds where the
 * statement is run, and why it is left to a person.
 */
type ToFix = (fix: Fix, because: string) => CheckFix

/** What retains the log besides us. `expected`: the state in which nothing does, in the database's own terms. */
export function heldLog(state: LogState, expected: string, toFix: ToFix = manual): CheckResult {
  if (state.blockers.length === 0) return well('nothing that is visible', expected)
  const age = (sinceMs: number | null) => (sinceMs === null ? '' : ` for ${spanInWords(state.atMs - sinceMs)}`)
  return finding('warn', 'LOG_HELD', {
    found: state.blockers.map(({ kind, name, sinceMs }) => `${kind} ${name}${age(sinceMs)}`).join('; '),
    expected,
    fix: state.blockers.flatMap((blocker) => release(blocker, toFix)),
  })
}

/** What our user has no privilege to see. Each grant is listed once. `everything`: the grant that makes all of it visible. */
export function unseenLog(
  { unseen: hidden }: LogState,
  everything: string,
  toFix: (fix: Fix) => CheckFix,
): CheckResult {
  if (hidden.length === 0) return well('everything that is checked', everything)
  const grants = new Map(hidden.map(({ fix }) => [fix.text, fix]))
  const what = hidden.map((each) => each.what).join('; ')
  return unseen(`not visible: ${what}`, [...grants.keys()].join('; '), [...grants.values()].map(toFix))
}

/** One entry for each blocker, because perhaps only some of them should be ended. */
function release({ kind, name, fix }: Blocker, toFix: ToFix): readonly CheckFix[] {
  return [advice(`end the ${kind} ${name}, if it is not needed`), ...fix.map((each) => toFix(each, SOMEBODYS))]
}

/** The finding for an offset that cannot be opened. */
export function lostPositionFinding(resume: Extract<Resume, { can: 'no' }>, toFix: ToFix = manual): CheckResult {
  const { code, message, found, expected, choices } = resume
  const fix = choices.map((each) => toFix(each, SOMEBODYS))
  return finding('fail', code, {
    found: found === null ? message : `${message}: ${found}`,
    expected: expected ?? 'a position that can be opened',
    fix: fix.length > 0 ? fix : [advice('see docs/errors.md')],
  })
}
