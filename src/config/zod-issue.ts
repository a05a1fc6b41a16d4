import type { z } from 'zod'
import { nearest } from '../model/nearest.ts'
import { listed } from '../sources/scalar-schema.ts'
import type { ConfigDocument } from './config-document.ts'
import type { ConfigPath, Diagnostic } from './diagnostic.ts'

type Issue = z.core.$ZodIssue

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly mistakes: readonly Diagnostic[] }

/** Checks the value at `at` in the document with `schema`. Every mistake has its location; a misspelt key comes with the right one. */
export function check<T>(schema: z.ZodType<T>, value: unknown, at: ConfigPath, document: ConfigDocument): Checked<T> {
  const knownKeys = new Map<readonly string[], readonly string[]>()
  const result = schema.safeParse(value, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') knownKeys.set(issue.keys, shapeKeys(issue.inst))
      return undefined
    },
  })
  if (result.success) return { ok: true, value: result.data }
  const mistakes = result.error.issues.flatMap((issue) => diagnose(issue, at, { document, knownKeys }))
  return { ok: false, mistakes }
}

interface Context {
  readonly document: ConfigDocument
  readonly knownKeys: ReadonlyMap<readonly string[], readonly string[]>
}

function shapeKeys(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null || !('shape' in schema)) return []
  return typeof schema.shape === 'object' && schema.shape !== null ? Object.keys(schema.shape) : []
}

function diagnose(issue: Issue, at: ConfigPath, context: Context): readonly Diagnostic[] {
  const path = [...at, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))]
  const { document } = context
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], context.knownKeys.get(issue.keys) ?? [], document))
    case 'invalid_union':
      return diagnoseUnion(issue, path, context)
    case 'invalid_type':
      return [wrongType(issue, path, document)]
    case 'invalid_value':
      return [document.diagnose(path, 'is not one of the choices', listed(issue.values.map(String)))]
    default:
      return [document.diagnose(path, issue.message, expectedOf(issue))]
  }
}

function expectedOf(issue: Issue): string | null {
  const expected: unknown = issue.code === 'custom' ? issue.params?.['expected'] : undefined
  return typeof expected === 'string' ? expected : null
}

function unknownKey(path: ConfigPath, known: readonly string[], document: ConfigDocument): Diagnostic {
  const meant = nearest(String(path.at(-1)), known)
  const message = meant === null ? 'is not a known key' : `is not a known key; did you mean ${meant}?`
  return document.diagnose(path, message, meant === null ? listed(known) : null, 'key')
}

/** A union is a section or `off`. If the value is a section, its own mistakes are reported; otherwise both forms are named. */
function diagnoseUnion(
  issue: Issue & { code: 'invalid_union' },
  path: ConfigPath,
  context: Context,
): readonly Diagnostic[] {
  const inner = issue.errors.find((branch) =>
    branch.some((each) => each.path.length > 0 || each.code === 'unrecognized_keys'),
  )
  if (inner !== undefined) return inner.flatMap((each) => diagnose(each, path, context))
  const expected = issue.message.startsWith('Invalid') ? 'a section with keys, or off' : issue.message
  return [context.document.diagnose(path, 'is not in the right form', expected)]
}

function wrongType(issue: Issue & { code: 'invalid_type' }, path: ConfigPath, document: ConfigDocument): Diagnostic {
  const expected = typeWords[issue.expected] ?? issue.expected
  if (!document.has(path)) return document.diagnose(path, 'is missing', expected)
  const own = issue.message.startsWith('Invalid') ? 'is not in the right form' : issue.message
  return document.diagnose(path, own, expected)
}

const typeWords: Readonly<Record<string, string>> = {
  never: 'no such key',
  object: 'a section with keys',
  record: 'a section with keys',
  array: 'a list, such as [one, two]',
}
