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
  /** The start of a block's first line, for example `  run:      `. See `fixLabel`. */
  readonly lead: (label: string) => string
  /** Where to run a statement or a command, and as whom. Printed as a comment above its block; empty: no comment. */
  readonly where?: (fix: Fix) => string
  /** The label of what a person does or decides. `do` if absent. */
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

/** A statement's label is the name of its client: as `run`, it would look like a command for a shell. */
export function fixLabel(fix: Fix, script: ScriptForm): string {
  switch (fix.in) {
    case 'database':
      return script.client
    case 'shell':
      return 'run'
    case 'file':
      return 'file'
    case 'person':
      return 'do'
    case 'alternative':
      return 'or'
    default:
      return unreachable(fix)
  }
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
  readonly #whereOf: (fix: Fix) => string
  /** Where the current block of statements is run. null: there is none. */
  #target: string | null = null

  constructor(layout: FixLayout) {
    this.#layout = layout
    this.#whereOf = layout.where ?? targetOf
  }

  add(fix: Fix): void {
    const layout = this.#layout
    const text = pastedFix(fix, layout.script)
    const label = fixLabel(fix, layout.script)
    switch (fix.in) {
      case 'person':
        this.#say(layout.label?.(fix) ?? label, text)
        return
      case 'file':
        this.#say('do', `in the configuration: ${text}`)
        return
      case 'alternative':
        this.#say(label, text)
        return
      case 'shell':
        this.#paste(label, { mark: '# ', text, where: this.#whereOf(fix) })
        this.#target = null
        return
      case 'database':
        this.#state(label, text, this.#whereOf(fix))
        return
      default:
        unreachable(fix)
    }
  }

  #say(label: string, words: string): void {
    this.lines.push(labelled(this.#layout.lead(label), words, this.#layout.width))
    this.#target = null
  }

  /** The statements of one target are in one block. */
  #state(label: string, text: string, where: string): void {
    const mark = this.#layout.script.comment
    if (this.#target === where) this.#indented(' '.repeat(this.#layout.lead(label).length), this.#colored(text))
    else this.#paste(label, { mark, text, where })
    this.#target = where
  }

  #paste(label: string, { mark, text, where }: Readonly<Record<'mark' | 'text' | 'where', string>>): void {
    const lead = this.#layout.lead(label)
    const [first = '', ...more] = [...this.#comment(mark, where, lead.length), ...this.#colored(text)]
    this.lines.push(`${lead}${first}`)
    this.#indented(' '.repeat(lead.length), more)
  }

  #indented(indent: string, lines: readonly string[]): void {
    this.lines.push(...lines.map((line) => `${indent}${line}`))
  }

  #comment(mark: string, words: string, indent: number): readonly string[] {
    if (words === '') return []
    const room = Math.max(20, this.#layout.width - indent - mark.length)
    return wrapText(words, room).map((line) => this.#layout.style.dim(`${mark}${line}`))
  }

  #colored(text: string): readonly string[] {
    return text.split('\n').map((line) => this.#layout.style.cyan(line))
  }
}
