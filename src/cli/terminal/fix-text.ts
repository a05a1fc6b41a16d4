import type { Fix } from '../../model/fix.ts'
import type { Style } from '../../model/style.ts'
import { unreachable } from '../../model/unreachable.ts'
import type { ScriptForm } from '../../sources/script-form.ts'
import { scrub } from './scrub.ts'
import { labelled, wrapText } from './text-layout.ts'

export interface FixLayout {
  readonly width: number
  readonly style: Style
  /** The form of the source that the fixes are for. */
  readonly script: ScriptForm
  /** The start of a block's first line, for example `  run:      `. It has the same length for every label. */
  readonly lead: (label: string) => string
  /** Where to run a statement or a command, and as whom. Printed as a comment above its block; empty: no comment. */
  readonly where?: (fix: Fix) => string
  /** The label of instructions in words. `do` if absent. */
  readonly label?: (fix: Fix) => string
}

/**
 * Blocks to copy. The statements of one database are in one block; each command has its own. Only comments are wrapped, and each of their
 * lines starts with the comment mark. Instructions in words go between the blocks.
 */
export function fixLines(fixes: readonly Fix[], layout: FixLayout): readonly string[] {
  const blocks = new FixBlocks(layout)
  for (const fix of fixes) blocks.add(fix)
  return blocks.lines
}

/** Where an error's fix is run, if the fix names it. */
function targetOf(fix: Fix): string {
  return fix.in === 'database' && fix.at !== null ? inDatabaseBy(fix.at, fix.by) : ''
}

export function inDatabaseBy(at: string, by: string): string {
  return `in the database ${at}, by ${by}`
}

/** The text to paste: a statement in its client's syntax or a command, with its note as a comment. */
export function pastedFix(fix: Fix, script: ScriptForm): string {
  switch (fix.in) {
    case 'database':
      return scrub(script.statement(fix.text, fix.note))
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
  readonly #layout: FixLayout
  readonly #indent: string
  readonly #whereOf: (fix: Fix) => string
  /** Where the current block of statements is run. null: there is none. */
  #target: string | null = null

  constructor(layout: FixLayout) {
    this.#layout = layout
    this.#indent = ' '.repeat(layout.lead('run').length)
    this.#whereOf = layout.where ?? targetOf
  }

  add(fix: Fix): void {
    const text = pastedFix(fix, this.#layout.script)
    switch (fix.in) {
      case 'person':
        this.#say(this.#layout.label?.(fix) ?? 'do', text)
        return
      case 'file':
        this.#say('do', `in the configuration: ${text}`)
        return
      case 'alternative':
        this.#say('or', text)
        return
      case 'shell':
        this.#begin([...this.#comment('# ', this.#whereOf(fix)), ...this.#colored(text)])
        this.#target = null
        return
      case 'database':
        this.#state(text, this.#whereOf(fix))
        return
      default:
        unreachable(fix)
    }
  }

  #say(label: string, words: string): void {
    this.lines.push(labelled(this.#layout.lead(label), words, this.#layout.width))
    this.#target = null
  }

  #state(text: string, where: string): void {
    const lines = this.#colored(text)
    if (this.#target === where) {
      this.lines.push(...lines.map((line) => `${this.#indent}${line}`))
    } else {
      this.#begin([...this.#comment(this.#layout.script.comment, where), ...lines])
      this.#target = where
    }
  }

  #begin(lines: readonly string[]): void {
    const lead = this.#layout.lead('run')
    this.lines.push(...lines.map((line, index) => `${index === 0 ? lead : this.#indent}${line}`))
  }

  #comment(mark: string, words: string): readonly string[] {
    if (words === '') return []
    const room = Math.max(20, this.#layout.width - this.#indent.length - mark.length)
    return wrapText(words, room).map((line) => this.#layout.style.dim(`${mark}${line}`))
  }

  #colored(text: string): readonly string[] {
    return text.split('\n').map((line) => this.#layout.style.cyan(line))
  }
}
