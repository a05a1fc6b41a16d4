import type { Command as Parser } from 'commander'

/** What a shell needs to complete the words of a command. Derived from the parser itself. */
export interface CommandOutline {
  readonly name: string
  readonly summary: string
  readonly options: readonly OptionOutline[]
  readonly arguments: readonly ArgumentOutline[]
  readonly commands: readonly CommandOutline[]
}

export interface OptionOutline {
  /** For example `-h` and `--help`. */
  readonly flags: readonly string[]
  readonly summary: string
  /** null: the option takes no value. */
  readonly value: ValueOutline | null
}

export interface ValueOutline {
  /** As the help prints it between brackets, for example `file`. */
  readonly name: string
  readonly choices: readonly string[]
}

export interface ArgumentOutline extends ValueOutline {
  readonly many: boolean
}

export function outlineOf(parser: Parser): CommandOutline {
  const help = parser.createHelp()
  return {
    name: parser.name(),
    summary: parser.summary() || parser.description(),
    options: help.visibleOptions(parser).map(({ short, long, flags, description, argChoices }) => ({
      flags: [short, long].flatMap((flag) => flag ?? []),
      summary: description,
      value: valueOutline(flags, argChoices),
    })),
    arguments: parser.registeredArguments.map((one) => ({
      name: one.name(),
      choices: one.argChoices ?? [],
      many: one.variadic,
    })),
    commands: help.visibleCommands(parser).map(outlineOf),
  }
}

function valueOutline(flags: string, choices: readonly string[] | undefined): ValueOutline | null {
  const name = /[<[]([^>\]]+)[>\]]/u.exec(flags)?.[1]
  return name === undefined ? null : { name, choices: choices ?? [] }
}
