import type { JsonObject } from './json.ts'

/**
 * One step of a fix. The steps of a list are done in order. An `alternative` begins another list, and only one of the lists is needed.
 * Passwords are placeholders. The screen, `--json`, the HTTP API and `doctor --fix` all use this form, and none of them parses text.
 */
export type Fix = StatementFix | CommandFix | WordsFix

/** One statement in the database client's own language, without the client's terminator. */
export interface StatementFix {
  readonly in: 'database'
  /** The database or server where it runs; null: where the source is connected, or the statement is not tied to one database. */
  readonly at: string | null
  readonly text: string
  /** Who is allowed to run it, e.g. 'a superuser'. */
  readonly by: string
  /** An additional note for people, shown as a comment. */
  readonly note?: string
  /** The statement is read-only. */
  readonly reads?: true
}

/** One shell command. */
export interface CommandFix {
  readonly in: 'shell'
  readonly text: string
  readonly note?: string
  /** Absent: the user who runs Offbeat. */
  readonly by?: string
}

/** `file`: a line of the configuration. `person`: something to do or to decide. `alternative`: when to choose the list that it begins. */
export interface WordsFix {
  readonly in: 'file' | 'person' | 'alternative'
  readonly text: string
}

export function inDatabase(
  text: string,
  by: string,
  more: Pick<StatementFix, 'note' | 'reads'> & { readonly at?: string | null } = {},
): StatementFix {
  return { in: 'database', at: null, text, by, ...more }
}

/** Sets the database in which a statement runs, unless it names one. */
export function located(fix: Fix, database: string): Fix {
  return fix.in === 'database' ? { ...fix, at: fix.at ?? database } : fix
}

/** A read-only statement. */
export function query(text: string, by: string, more: Parameters<typeof inDatabase>[2] = {}): StatementFix {
  return inDatabase(text, by, { ...more, reads: true })
}

export function inShell(text: string, more: Pick<CommandFix, 'note' | 'by'> = {}): CommandFix {
  return { in: 'shell', text, ...more }
}

export function inFile(text: string): WordsFix {
  return { in: 'file', text }
}

export function forPerson(text: string): WordsFix {
  return { in: 'person', text }
}

export function alternative(text: string): WordsFix {
  return { in: 'alternative', text }
}

/** The form for `--json`, the HTTP API and the log. */
export function fixDocument(fix: Fix, clean: (text: string) => string = (text) => text): JsonObject {
  const note = 'note' in fix && fix.note !== undefined ? { note: clean(fix.note) } : {}
  return { ...fix, text: clean(fix.text), ...note }
}

/** Reads fixes from a parsed JSON value. Entries in any other form are left out. */
export function parsedFixes(value: unknown): readonly Fix[] {
  return Array.isArray(value) ? value.filter(isFix) : []
}

const FIX_TARGETS: readonly unknown[] = ['database', 'shell', 'file', 'person', 'alternative'] satisfies Fix['in'][]

function isFix(value: unknown): value is Fix {
  if (typeof value !== 'object' || value === null) return false
  return 'in' in value && FIX_TARGETS.includes(value.in) && 'text' in value && typeof value.text === 'string'
}
