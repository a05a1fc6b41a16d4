import type { JsonObject } from './json.ts'

/**
 * What is to be done about something, one entry. Those of a list are done in their order; an `alternative` begins another list, of which
 * one is done. Passwords are placeholders. The screen, `--json`, the HTTP API and `doctor --fix` all read this form; none parses a text.
 */
export type Fix = StatementFix | CommandFix | WordsFix

/** One statement for the database's own client, in its own language, without the client's terminator. */
export interface StatementFix {
  readonly in: 'database'
  /** The database or place where it is run; null: where the source is connected to, or the statement is not a single database's. */
  readonly at: string | null
  readonly text: string
  /** Who is allowed to run it, e.g. 'a superuser'. */
  readonly by: string
  /** What a person should know beside it; shown as a comment. */
  readonly note?: string
  /** It changes nothing. */
  readonly reads?: true
}

/** One command for a shell. */
export interface CommandFix {
  readonly in: 'shell'
  readonly text: string
  readonly note?: string
  /** Absent: the user who runs Offbeat. */
  readonly by?: string
}

/** `file`: a line of the configuration. `person`: something to do or to decide. `alternative`: says when the list that it begins is the one to take. */
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

/** A statement runs in this database, unless it says otherwise. */
export function located(fix: Fix, database: string): Fix {
  return fix.in === 'database' ? { ...fix, at: fix.at ?? database } : fix
}

/** A statement that changes nothing. */
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

/** For `--json`, the HTTP API and the log. */
export function fixDocument(fix: Fix, clean: (text: string) => string = (text) => text): JsonObject {
  const note = 'note' in fix && fix.note !== undefined ? { note: clean(fix.note) } : {}
  return { ...fix, text: clean(fix.text), ...note }
}

/** Of a parsed JSON value; what has another form is left out. */
export function parsedFixes(value: unknown): readonly Fix[] {
  return Array.isArray(value) ? value.filter(isFix) : []
}

const PLACES: readonly unknown[] = ['database', 'shell', 'file', 'person', 'alternative'] satisfies Fix['in'][]

function isFix(value: unknown): value is Fix {
  if (typeof value !== 'object' || value === null) return false
  return 'in' in value && PLACES.includes(value.in) && 'text' in value && typeof value.text === 'string'
}
