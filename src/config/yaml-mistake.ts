import type { ErrorCode, YAMLError } from 'yaml'

const quotes = 'text that begins with @ ` * & ! % | > { [ or has ": " in it must be quoted'

/** Offbeat's own message for each YAML error. The parser's messages quote pieces of the file, which can be secrets. */
const words: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_ALIAS: `has an alias (*name) without an anchor (&name) before it; ${quotes}`,
  ALIAS_PROPS: 'has an alias with a tag or an anchor',
  BAD_SCALAR_START: `has text that begins with a character that YAML reserves; ${quotes}`,
  BAD_INDENT: 'is not indented like the lines around it',
  TAB_AS_INDENT: 'is indented with a tab; YAML accepts only spaces',
  DUPLICATE_KEY: 'is a duplicate key',
  MULTIPLE_DOCS: 'begins a second document (---); one file is one configuration',
  NON_STRING_KEY: 'is a key that is not plain text',
  TAG_RESOLVE_FAILED: `has an unknown tag (!name); ${quotes}`,
  BAD_DQ_ESCAPE: 'has a backslash in double quotes that is not an escape; use single quotes',
  MISSING_CHAR: 'lacks a closing quote, bracket, brace, comma or colon',
  MULTILINE_IMPLICIT_KEY: `has a key that spans several lines, or a value where none is allowed; ${quotes}`,
  BLOCK_AS_IMPLICIT_KEY: `has two of "key: value" on one line; ${quotes}`,
  BLOCK_IN_FLOW: 'has a block inside braces or brackets',
  UNEXPECTED_TOKEN: `has something that is not allowed here; ${quotes}`,
}

export function yamlMistake(error: YAMLError, line: string): string {
  const mistake = words[error.code] ?? `is not YAML (${error.code})`
  const inFlow = error.code !== 'DUPLICATE_KEY' && /[{[,].*\$\{/.test(line)
  return inFlow ? `${mistake}; inside { } and [ ] quote variables: "\${NAME}"` : mistake
}
