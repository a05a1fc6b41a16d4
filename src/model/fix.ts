/*
 * A fix is a list of entries, each a text of one kind. They are run in their order; an alternative begins another list, of which one is run.
 *   '# or: ' words    the alternative that follows, or is these words
 *   '# ' words        something that a person does or decides
 *   '-- ' words       where, and by whom, the statements that follow are run
 *   statement         SQL, which begins with a word in capitals; without or with its semicolon, perhaps with a comment after it
 *   command           anything else: a line of a shell
 */
export type FixKind = 'alternative' | 'words' | 'where' | 'statement' | 'command'

export interface FixEntry {
  readonly kind: FixKind
  /** Without the mark of its kind. */
  readonly text: string
}

const MARKS = [
  ['# or: ', 'alternative'],
  ['# ', 'words'],
  ['-- ', 'where'],
] as const

export function fixEntry(run: string): FixEntry {
  for (const [mark, kind] of MARKS) if (run.startsWith(mark)) return { kind, text: run.slice(mark.length) }
  return { kind: /^[A-Z]{2,}\b/u.test(run) ? 'statement' : 'command', text: run }
}

export function isWords(run: string): boolean {
  return run.startsWith('# ')
}

/** `;` before a comment that ends the statement's last line, else at its end. */
const END = /(?=(?: {2}-- [^\n]*)?$)/u
const ENDED = /;(?: {2}-- [^\n]*)?$/u

/** With its semicolon: lines that are pasted into a client together would be one statement there. */
export function endedStatement(statement: string): string {
  return ENDED.test(statement) ? statement : statement.replace(END, ';')
}

/** A fix as one text, which is SQL as it stands where it has no commands: words are comments in it. */
export function fixScript(runs: readonly string[]): string {
  return runs
    .map((run) => {
      const { kind, text } = fixEntry(run)
      if (kind === 'statement') return endedStatement(text)
      if (kind === 'words') return `-- do: ${text}`
      return kind === 'alternative' ? `-- or: ${text}` : run
    })
    .join('\n')
}

/** What `fixScript` has joined; a sentence, as the table of errors has them, is words. */
export function runsOfScript(script: string): readonly string[] {
  const runs: string[] = []
  for (const line of script.split('\n')) {
    const last = runs.at(-1)
    const isOpen = last !== undefined && fixEntry(last).kind === 'statement' && !ENDED.test(last)
    if (isOpen) runs[runs.length - 1] = `${last}\n${line}`
    else runs.push(runOfLine(line))
  }
  return runs
}

function runOfLine(line: string): string {
  if (/^([A-Z][a-z']|[A-Z] |`)/u.test(line)) return `# ${line}`
  return line.replace(/^-- do: /u, '# ').replace(/^-- or: /u, '# or: ')
}
