import { endedStatement, type Fix } from '../../model/fix.ts'
import { unreachable } from '../../model/unreachable.ts'
import { scrub } from './scrub.ts'
import type { Style } from './style.ts'
import { labelled, wrapText } from './text-layout.ts'

export interface FixManner {
  readonly width: number
  readonly style: Style
  /** The beginning of a block's first line, e.g. `  run:      `; as long for every label. */
  readonly lead: (label: string) => string
  /** Where a statement or a command is run and by whom, as a comment above its block; empty: no comment. */
  readonly where?: (fix: Fix) => string
  /** Of words for a person, in place of `do`. */
  readonly label?: (fix: Fix) => string
}

/**
 * Blocks to be copied: the statements of one database together, each command alone. Only their comments are wrapped, and each line of a comment
 * begins with its mark. Words for a person stand between the blocks.
 */
export function fixLines(fixes: readonly Fix[], manner: FixManner): readonly string[] {
  const blocks = new FixBlocks(manner)
  for (const fix of fixes) blocks.add(fix)
  return blocks.lines
}

/** Of an error: its place, where it has one of its own. */
function placeOf(fix: Fix): string {
  return fix.in === 'database' && fix.at !== null ? inDatabaseBy(fix.at, fix.by) : ''
}

export function inDatabaseBy(at: string, by: string): string {
  return `in the database ${at}, by ${by}`
}

/** As it is pasted: a statement with its semicolon, each with its note as a comment. */
export function pastedFix(fix: Fix): string {
  switch (fix.in) {
    case 'database':
      return scrub(endedStatement(fix))
    case 'shell':
      return scrub(fix.note === undefined ? fix.text : `${fix.text}  # ${fix.note}`)
    case 'file':
    case 'person':
    case 'alternative':
      return scrub(fix.text)
    default:
      return unreachable(fix)
  }
}

class FixBlocks {
  readonly lines: string[] = []
  readonly #manner: FixManner
  readonly #indent: string
  readonly #whereOf: (fix: Fix) => string
  /** Of the block of statements that is open; null: none is. */
  #place: string | null = null

  constructor(manner: FixManner) {
    this.#manner = manner
    this.#indent = ' '.repeat(manner.lead('run').length)
    this.#whereOf = manner.where ?? placeOf
  }

  add(fix: Fix): void {
    const text = pastedFix(fix)
    switch (fix.in) {
      case 'person':
        this.#say(this.#manner.label?.(fix) ?? 'do', text)
        return
      case 'file':
        this.#say('do', `in the configuration: ${text}`)
        return
      case 'alternative':
        this.#say('or', text)
        return
      case 'shell':
        this.#begin([...this.#comment('# ', this.#whereOf(fix)), ...this.#colored(text)])
        this.#place = null
        return
      case 'database':
        this.#state(text, this.#whereOf(fix))
        return
      default:
        unreachable(fix)
    }
  }

  #say(label: string, words: string): void {
    this.lines.push(labelled(this.#manner.lead(label), words, this.#manner.width))
    this.#place = null
  }

  #state(text: string, where: string): void {
    const lines = this.#colored(text)
    if (this.#place === where) {
      this.lines.push(...lines.map((line) => `${this.#indent}${line}`))
    } else {
      this.#begin([...this.#comment('-- ', where), ...lines])
      this.#place = where
    }
  }

  #begin(lines: readonly string[]): void {
    const lead = this.#manner.lead('run')
    this.lines.push(...lines.map((line, index) => `${index === 0 ? lead : this.#indent}${line}`))
  }

  #comment(mark: string, words: string): readonly string[] {
    if (words === '') return []
    const room = Math.max(20, this.#manner.width - this.#indent.length - mark.length)
    return wrapText(words, room).map((line) => this.#manner.style.dim(`${mark}${line}`))
  }

  #colored(text: string): readonly string[] {
    return text.split('\n').map((line) => this.#manner.style.cyan(line))
  }
}
