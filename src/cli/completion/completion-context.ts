import type { CommandOutline, OptionOutline, ValueOutline } from './command-outline.ts'

/** A command, and what can follow it. */
export interface CompletionContext {
  /** `offsets show`; empty for the program itself. */
  readonly path: string
  readonly commands: readonly CompletionWord[]
  /** The command's own options. Those of the program itself can follow every command. */
  readonly options: readonly CompletionOption[]
  readonly arguments: readonly CompletionArgument[]
}

export interface CompletionWord {
  readonly word: string
  readonly summary: string
}

export interface CompletionOption extends OptionOutline {
  /** null: the option takes no value. */
  readonly candidates: Candidates | null
}

export interface CompletionArgument {
  readonly candidates: Candidates
  readonly many: boolean
}

/** What a value can be: a list of words, or something that the shell looks up when it completes. */
export type Candidates = readonly string[] | 'files' | 'sources'

/** The program itself comes first. */
export function completionContexts(program: CommandOutline): readonly CompletionContext[] {
  const names = program.commands.map(({ name }) => name)
  return [contextOf('', program), ...program.commands.flatMap((command) => contextsOf([], command, names))]
}

function contextsOf(
  above: readonly string[],
  command: CommandOutline,
  names: readonly string[],
): readonly CompletionContext[] {
  const path = [...above, command.name]
  const context = contextOf(path.join(' '), command)
  const isHelp = path.join(' ') === 'help'
  const own = isHelp ? { ...context, arguments: [{ candidates: names, many: false }] } : context
  return [own, ...command.commands.flatMap((sub) => contextsOf(path, sub, names))]
}

function contextOf(path: string, { commands, options, arguments: words }: CommandOutline): CompletionContext {
  return {
    path,
    commands: commands.map(({ name, summary }) => ({ word: name, summary })),
    options: options.map((option) => ({
      ...option,
      candidates: option.value === null ? null : candidatesOf(option.value),
    })),
    arguments: words.map((word) => ({ candidates: candidatesOf(word), many: word.many })),
  }
}

/** Chosen by the name that the help gives the value. */
function candidatesOf({ name, choices }: ValueOutline): Candidates {
  if (name === 'file') return 'files'
  return name === 'source' || name === 'names' ? 'sources' : choices
}
