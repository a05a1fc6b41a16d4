import type { CommandOutline, OptionOutline, ValueOutline } from './command-outline.ts'

/** A command, and what can follow it. */
export interface CompletionPlace {
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
export function completionPlaces(program: CommandOutline): readonly CompletionPlace[] {
  const names = program.commands.map(({ name }) => name)
  return [placeOf('', program), ...program.commands.flatMap((command) => placesOf([], command, names))]
}

function placesOf(
  above: readonly string[],
  command: CommandOutline,
  names: readonly string[],
): readonly CompletionPlace[] {
  const path = [...above, command.name]
  const place = placeOf(path.join(' '), command)
  const isHelp = path.join(' ') === 'help'
  const own = isHelp ? { ...place, arguments: [{ candidates: names, many: false }] } : place
  return [own, ...command.commands.flatMap((sub) => placesOf(path, sub, names))]
}

function placeOf(path: string, { commands, options, arguments: words }: CommandOutline): CompletionPlace {
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
