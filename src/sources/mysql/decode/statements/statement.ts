import { definesTables } from './table-statement.ts'

/**
 * What the text of a query event means for a reader of rows. `changesRows`: the log contains the statement instead of the rows that it
 * changed. The table name is null if a simple pattern cannot find it.
 */
export type Statement =
  | { readonly kind: 'begin' | 'commit' | 'rollback' | 'rollbackTo' | 'savepoint' | 'definesTables' | 'other' }
  | { readonly kind: 'xaStart' | 'xaEnd' | 'xaCommit' | 'xaRollback'; readonly xid: string }
  | { readonly kind: 'truncate' | 'changesRows'; readonly table: StatementTable | null }

/** `database` null: the session's default database. */
export interface StatementTable {
  readonly database: string | null
  readonly name: string
}

/** Only this many characters of a statement are needed to classify it. */
const MOST_PARSED_CHARACTERS = 2000
const NAME = '(`(?:[^`]|``)+`|[\\p{L}\\p{N}_$]+)'
const TABLE = `${NAME}(?:\\s*\\.\\s*${NAME})?`
const XA = /^xa\s+(start|begin|end|commit|rollback)\s+(.+?)(\s+one\s+phase)?$/isu
const TRUNCATE = new RegExp(`^truncate\\s+(?:table\\s+)?${TABLE}`, 'iu')
const CHANGES = /^(insert|replace|update|delete|load|merge|call|with)\b/iu
const ONE_TABLE = new RegExp(
  `^(?:(?:insert|replace)(?:\\s+(?:low_priority|delayed|high_priority|ignore))*(?:\\s+into)?\\s+${TABLE}\\s*(?:\\(|\\s(?:values?|select|set)\\b)` +
    `|update(?:\\s+(?:low_priority|ignore))*\\s+${TABLE}\\s+set\\b` +
    `|load\\s+(?:data|xml)\\s.*?\\sinto\\s+table\\s+${TABLE}` +
    `|delete(?:\\s+(?:low_priority|quick|ignore))*\\s+from\\s+${TABLE}(?:\\s+(?:where|order|limit)\\b|\\s*$))`,
  'isu',
)

export function classify(text: string): Statement {
  const statement = withoutComments(text.slice(0, MOST_PARSED_CHARACTERS))
  const first = /^\p{L}+/u.exec(statement)?.[0].toLowerCase() ?? ''
  switch (first) {
    case 'begin':
    case 'start':
      return { kind: 'begin' }
    case 'commit':
      return { kind: 'commit' }
    case 'rollback':
      return { kind: /^rollback\s+(?:work\s+)?to\b/iu.test(statement) ? 'rollbackTo' : 'rollback' }
    case 'savepoint':
    case 'release':
      return { kind: 'savepoint' }
    case 'xa':
      return xaStatement(statement)
    case 'truncate':
      return { kind: 'truncate', table: tableIn(TRUNCATE.exec(statement)) }
    default:
      if (CHANGES.test(statement)) return { kind: 'changesRows', table: tableIn(ONE_TABLE.exec(statement)) }
      return { kind: definesTables(statement) ? 'definesTables' : 'other' }
  }
}

/** Removes comments before the first word. The content of a version comment (`/*!40000 ... * /`) is kept. */
function withoutComments(text: string): string {
  let rest = text.trim()
  for (;;) {
    const comment = /^(?:\/\*(?!M?!).*?\*\/|--[ \t][^\n]*\n|#[^\n]*\n)\s*/su.exec(rest)
    if (comment === null) break
    rest = rest.slice(comment[0].length)
  }
  return rest.replace(/^\/\*M?!\d*\s*/u, '')
}

function xaStatement(statement: string): Statement {
  const [, verb = '', xid = ''] = XA.exec(statement) ?? []
  switch (verb.toLowerCase()) {
    case 'start':
    case 'begin':
      return { kind: 'xaStart', xid }
    case 'end':
      return { kind: 'xaEnd', xid }
    case 'commit':
      return { kind: 'xaCommit', xid }
    case 'rollback':
      return { kind: 'xaRollback', xid }
    default:
      return { kind: 'other' }
  }
}

function tableIn(match: RegExpExecArray | null): StatementTable | null {
  const names = (match ?? []).slice(1).filter((name) => name !== undefined)
  const [first, second] = names.map(unquoted)
  if (first === undefined) return null
  return second === undefined ? { database: null, name: first } : { database: first, name: second }
}

function unquoted(name: string): string {
  return name.startsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name
}
