import { endedStatement, fixEntry } from '../../model/fix.ts'
import { unreachable } from '../../model/unreachable.ts'
import { scrub } from './scrub.ts'
import type { Style } from './style.ts'
import { labelled, wrapText } from './text-layout.ts'

export interface Fix {
  readonly run: string
  /** Where and by whom, as a comment above it. */
  readonly where?: string
  /** Of words, in place of `do`. */
  readonly label?: string
}

export interface FixManner {
  readonly width: number
  readonly style: Style
  /** The beginning of a block's first line, e.g. `  run:      `; as long for every label. */
  readonly lead: (label: string) => string
}

/**
 * Blocks to be copied: the statements of one place together, each command alone. Only their comments are wrapped, and each line of a comment
 * begins with its mark. Words for a person stand between the blocks.
 */
export function fixLines(fixes: readonly Fix[], manner: FixManner): readonly string[] {
  const blocks = new FixBlocks(manner)
  for (const fix of fixes) blocks.add(fix)
  return blocks.lines
}

class FixBlocks {
  readonly lines: string[] = []
  readonly #manner: FixManner
  readonly #indent: string
  /** Of the block that is open; null: none is. */
  #place: string | null = null

  constructor(manner: FixManner) {
    this.#manner = manner
    this.#indent = ' '.repeat(manner.lead('run').length)
  }

  add({ run, where = '', label }: Fix): void {
    const { kind, text } = fixEntry(scrub(run))
    switch (kind) {
      case 'words':
        this.#say(label ?? 'do', text)
        return
      case 'alternative':
        this.#say('or', text)
        return
      case 'where':
        this.#begin(this.#comment('-- ', text))
        this.#place = text
        return
      case 'command':
        this.#begin([...this.#comment('# ', where), ...this.#colored(text)])
        this.#place = null
        return
      case 'statement':
        this.#state(text, where)
        return
      default:
        unreachable(kind)
    }
  }

  #say(label: string, words: string): void {
    this.lines.push(labelled(this.#manner.lead(label), words, this.#manner.width))
    this.#place = null
  }

  #state(text: string, where: string): void {
    const lines = this.#colored(endedStatement(text))
    if (this.#place !== null && (where === '' || where === this.#place)) {
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
