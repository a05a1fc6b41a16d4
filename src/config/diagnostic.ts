/** A path into the configuration: keys, and indexes of lists. */
export type ConfigPath = readonly (string | number)[]

/** A mistake in the configuration file and its location. Contains neither a secret nor the value of a variable. */
export interface Diagnostic {
  /** `sources.shop.tables[0]`. Empty: the file as a whole. */
  readonly path: string
  readonly line: number
  readonly column: number
  /** The rest of a sentence that begins with the path: `is missing`, `has no unit`. */
  readonly message: string
  readonly found: string | null
  readonly expected: string | null
}

export function formatPath(path: ConfigPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? key : `${text}.${key}`
  }, '')
}

/**
 * `offbeat.yaml:4:5 sources.shop.slot is not in the right form; expected ...; found ...`. The path is not followed by a colon: after a path
 * such as `sources.shop.password`, the filter that redacts `password: ...` would take the message for a secret.
 */
export function formatDiagnostic(file: string, diagnostic: Diagnostic): string {
  const location = `${file}:${diagnostic.line}:${diagnostic.column}`
  const subject = diagnostic.path === '' ? 'this' : diagnostic.path
  const expected = diagnostic.expected === null ? '' : `; expected ${diagnostic.expected}`
  const found = diagnostic.found === null ? '' : `; found ${diagnostic.found}`
  return `${location} ${subject} ${diagnostic.message}${expected}${found}`
}

/** In the order of the file, without duplicates. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const unique = new Map(diagnostics.map((each) => [JSON.stringify(each), each]))
  return [...unique.values()].sort((a, b) => a.line - b.line || a.column - b.column)
}
