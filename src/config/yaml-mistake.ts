import type { ErrorCode, YAMLError } from 'yaml'

const quotes = 'text that begins with @ ` * & ! % | > { [ or has ": " in it must stand in quotes'

/** Our own words for each mistake of YAML: the parser's repeat pieces of the file, which may be secrets. */
const words: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_ALIAS: `has an alias (*name) without an anchor (&name) before it; ${quotes}`,
  ALIAS_PROPS: 'has an alias with a tag or an anchor of its own',
  BAD_SCALAR_START: `has text that begins with a character YAML keeps for itself; ${quotes}`,
  BAD_INDENT: 'is not indented as what stands around it',
  TAB_AS_INDENT: 'is indented with a tab; YAML takes spaces alone',
  DUPLICATE_KEY: 'is a key that stands here a second time',
  MULTIPLE_DOCS: 'begins a second document (---); one file is one configuration',
  NON_STRING_KEY: 'is a key that is not plain text',
  TAG_RESOLVE_FAILED: `has a tag (!name) that means nothing here; ${quotes}`,
  BAD_DQ_ESCAPE: 'has a backslash in double quotes that begins no escape; single quotes take it as it is',
  MISSING_CHAR: 'lacks a closing quote, bracket, brace, comma or colon',
  MULTILINE_IMPLICIT_KEY: `has a key that goes over several lines, or a value where none can stand; ${quotes}`,
  BLOCK_AS_IMPLICIT_KEY: `has two of "key: value" on one line; ${quotes}`,
  BLOCK_IN_FLOW: 'has a block inside braces or brackets',
  UNEXPECTED_TOKEN: `has something where it cannot stand; ${quotes}`,
}

export function yamlMistake(error: YAMLError, line: string): string {
  const mistake = words[error.code] ?? `is not YAML (${error.code})`
  const inFlow = error.code !== 'DUPLICATE_KEY' && /[{[,].*\$\{/.test(line)
  return inFlow ? `${mistake}; inside { } and [ ] a variable stands in quotes: "\${NAME}"` : mistake
}
