import { fixDocument } from '../model/fix.ts'
import type { JsonObject } from '../model/json.ts'
import type { CheckFinding } from '../sources/check.ts'
import type { Examination } from './examination.ts'
import type { AutomaticFix } from './fix-plan.ts'

/** The result of a statement that `--fix` ran. */
export interface RunFix {
  readonly fix: AutomaticFix
  readonly source: string
  /** null: it succeeded. */
  readonly error: string | null
}

/** The output of `doctor --json`. Users' scripts rely on the names. */
export function reportDocument(
  examinations: readonly Examination[],
  fixed: readonly RunFix[] | null,
  clean: (text: string) => string,
): JsonObject {
  return {
    version: 1,
    ok: isWell(examinations),
    sources: examinations.map(({ name, kind, findings }) => ({
      name,
      kind,
      checks: findings.map((finding) => checkDocument(finding, clean)),
    })),
    ...(fixed === null ? {} : { fixed: fixed.map((fix) => fixedDocument(fix, clean)) }),
  }
}

/** Whether no check has the status `fail`. */
export function isWell(examinations: readonly Examination[]): boolean {
  return !examinations.some(({ findings }) => findings.some(({ status }) => status === 'fail'))
}

function checkDocument(finding: CheckFinding, clean: (text: string) => string): JsonObject {
  const { id, symptom, status, code, found, expected, fix } = finding
  return {
    id,
    symptom,
    status,
    code,
    found: clean(found),
    expected: clean(expected),
    fix: fix.map((each) => fixDocument(each, clean)),
  }
}

function fixedDocument({ source, fix, error }: RunFix, clean: (text: string) => string): JsonObject {
  const { check, ...statement } = fix
  return {
    source,
    check,
    fix: fixDocument(statement, clean),
    ok: error === null,
    error: error === null ? null : clean(error),
  }
}
