import { OffbeatError } from '../model/error.ts'
import type { TableName } from '../model/table.ts'
import type { SourceConfig } from './source-config.ts'
import { type LevelledTable, pathOf, type TableLevels } from './table-levels.ts'

/*
 * Grammar of a pattern in `tables` and `exclude`:
 *   pattern  part ('.' part)*
 *   part     '"' (character | '""')+ '"'        literal: dots, stars and spaces are not special; '""' is a quote
 *          | (character | '*')+                 no dots or quotes, no spaces at its ends; '*' matches any number of characters
 * Matching is case-sensitive, on the names as they are in the log.
 */

export interface TablePattern {
  readonly text: string
  /** One per level, the table last. Each part is split at its stars. */
  readonly parts: readonly PatternPart[]
}

type PatternPart = readonly string[]

export interface PatternMistake {
  readonly message: string
  /** Index of the first wrong character in the pattern. */
  readonly at: number
}

export type ParsedPattern =
  | { readonly pattern: TablePattern; readonly mistake: null }
  | { readonly pattern: null; readonly mistake: PatternMistake }

/** Parses a pattern, or says what is wrong with it and where. `most`: the number of parts in the database's table names. */
export function parseTablePattern(text: string, most: number): ParsedPattern {
  const parts: PatternPart[] = []
  let at = 0
  for (;;) {
    const end = text[at] === '"' ? quotedEnd(text, at) : plainEnd(text, at)
    const mistake = partMistake(text, at, end)
    if (mistake !== null) return { pattern: null, mistake }
    if (parts.length === most) return wrong(tooMany(most), at)
    parts.push(partOf(text.slice(at, end)))
    if (end === text.length) return { pattern: { text, parts }, mistake: null }
    at = end + 1
  }
}

/** The index after the closing quote; beyond the text if there is none. */
function quotedEnd(text: string, start: number): number {
  let at = start + 1
  while (at < text.length) {
    if (text[at] !== '"') at++
    else if (text[at + 1] === '"') at += 2
    else return at + 1
  }
  return text.length + 1
}

function plainEnd(text: string, start: number): number {
  const dot = text.indexOf('.', start)
  return dot < 0 ? text.length : dot
}

function partMistake(text: string, start: number, end: number): PatternMistake | null {
  if (end > text.length) return { message: 'the quote is not closed', at: start }
  const part = text.slice(start, end)
  if (part === '' || part === '""') return { message: 'a part is empty', at: start }
  if (end < text.length && text[end] !== '.') return { message: 'a dot must follow the closing quote', at: end }
  if (part.startsWith('"')) return null
  const quote = part.indexOf('"')
  if (quote >= 0) return { message: 'a quote is only allowed at the beginning of a part', at: start + quote }
  if (part !== part.trimStart()) return { message: 'a space at the beginning of a part', at: start }
  if (part !== part.trimEnd()) return { message: 'a space at the end of a part', at: start + part.trimEnd().length }
  return null
}

function partOf(text: string): PatternPart {
  return text.startsWith('"') ? [text.slice(1, -1).replaceAll('""', '"')] : text.split('*')
}

function tooMany(most: number): string {
  const parts = most === 1 ? 'there is more than 1 part' : `there are more than ${most} parts`
  return `${parts} (write a part with a dot in double quotes)`
}

function wrong(message: string, at: number): ParsedPattern {
  return { pattern: null, mistake: { message, at } }
}

/** A table in the form of `tables`. Only parts that need double quotes get them. */
export function tableEntry(path: readonly string[]): string {
  return path.map(entryPart).join('.')
}

function entryPart(part: string): string {
  return /^[\p{L}_][\p{L}\p{N}_$-]*$/u.test(part) ? part : `"${part.replaceAll('"', '""')}"`
}

/**
 * Whether the pattern matches the table named by `path` (level by level, the table last). A pattern with fewer parts than the path matches
 * the last ones: `orders` is the table of that name in any schema, and `*` is every table.
 */
export function matchesTable(pattern: TablePattern, path: readonly string[]): boolean {
  const skipped = path.length - pattern.parts.length
  return skipped >= 0 && pattern.parts.every((part, i) => matchesPart(part, path[skipped + i] ?? ''))
}

function matchesPart(pieces: PatternPart, name: string): boolean {
  const first = pieces[0] ?? ''
  if (pieces.length === 1) return name === first
  const last = pieces[pieces.length - 1] ?? ''
  const end = name.length - last.length
  let at = first.length
  if (end < at || !name.startsWith(first) || !name.endsWith(last)) return false
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at)
    if (found < 0 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}

/**
 * Returns whether a table is watched: it matches a pattern of `tables` (or `tables` is empty) and none of `exclude`. The patterns must have
 * been validated.
 */
export function tableFilter(
  tables: readonly string[],
  exclude: readonly string[],
): (...path: readonly string[]) => boolean {
  const wanted = tables.map((text) => checkedPattern(text))
  const unwanted = exclude.map((text) => checkedPattern(text))
  return (...path) =>
    (wanted.length === 0 || wanted.some((pattern) => matchesTable(pattern, path))) &&
    !unwanted.some((pattern) => matchesTable(pattern, path))
}

/** Returns whether changes of a table are delivered: the table is watched, and is not the heartbeat table unless that is delivered too. */
export function watchedBy<Level extends keyof TableName>(
  config: Pick<SourceConfig, 'tables' | 'exclude' | 'heartbeat'>,
  levels: TableLevels<Level>,
): (table: LevelledTable<Level>) => boolean {
  const isWatched = tableFilter(config.tables, config.exclude)
  const { mode, deliver } = config.heartbeat.source
  const isSilent = mode !== 'off' && !deliver
  return (table) => {
    const path = pathOf(table, levels)
    return isWatched(...path) && !(isSilent && isHeartbeatTable(config, path))
  }
}

/** Compares the last parts of the path. `schema` in the configuration is the database if tables have no schemas. */
export function isHeartbeatTable({ heartbeat }: Pick<SourceConfig, 'heartbeat'>, path: readonly string[]): boolean {
  const own = [heartbeat.source.schema, heartbeat.source.table].slice(-path.length)
  return own.every((part, i) => part === path[path.length - own.length + i])
}

/** Parses a pattern of a configuration that was validated. */
export function checkedPattern(text: string): TablePattern {
  const { pattern, mistake } = parseTablePattern(text, Number.POSITIVE_INFINITY)
  if (mistake === null) return pattern
  throw new OffbeatError('CONFIG_INVALID', {
    message: `the table pattern ${text} is wrong at character ${mistake.at + 1}: ${mistake.message}`,
    found: text,
    expected: 'a table such as sales.orders, or a pattern such as sales.*',
  })
}
