import type { Writable } from 'node:stream'
import type { Clock } from '../../model/clock.ts'
import type { OffbeatError } from '../../model/error.ts'
import type { Logger } from '../../model/logger.ts'
import type { SourceRegistry } from '../../sources/source-registry.ts'
import type { CommandOutline } from '../completion/command-outline.ts'
import type { ScriptForms } from './script-forms.ts'

/**
 * A command as data: `program.ts` makes the parser and the help from it. The file that defines one imports at its top only
 * types and what is as light as this; `run` imports the rest, so that `--help` loads nothing.
 */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** Shown in the command's own help, under its options. */
  readonly examples?: readonly string[]
  readonly arguments: readonly ArgumentSpec[]
  readonly options: readonly OptionSpec[]
  /** Resolves with the exit code when all went well enough to give a result; rejects with an OffbeatError when not. */
  run(input: CommandInput, context: CommandContext): Promise<ExitCode>
}

/** A word of its own before its commands: `offbeat offsets show`. */
export interface CommandGroup {
  readonly name: string
  readonly summary: string
  readonly commands: readonly Command[]
}

export interface ArgumentSpec {
  readonly name: string
  readonly summary: string
  readonly required: boolean
  /** Takes all the words that are left; only for the last one. */
  readonly many?: boolean
  /** Every other word is refused. */
  readonly choices?: readonly string[]
}

export interface OptionSpec {
  /** As the parser reads it: `--since <duration>` with a value, `--wait` without. */
  readonly flags: string
  readonly summary: string
  readonly choices?: readonly string[]
  readonly default?: string
}

export interface CommandInput {
  /** The words after the command's name, in their order. */
  readonly words: readonly string[]
  /** By camel-cased name (`idleExit`): the text given, true for an option without a value, undefined when not given. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>
  readonly common: CommonOptions
}

/** What every command takes. */
export interface CommonOptions {
  /** `--config`; null: from the environment, or the default name. */
  readonly config: string | null
  readonly json: boolean
  /** `--log-level`; null: the configuration's. */
  readonly logLevel: LogLevel | null
  readonly quiet: boolean
  /** May the result on standard output be coloured? */
  readonly color: boolean
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** 0 well, 1 what was checked is not, 2 command line or configuration, 3 a position is lost, 4 unreachable, 70 our defect. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 70

/** Everything of the process that a command may use, handed in so that commands run in tests. */
export interface ProcessContext {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly workingDirectory: string
  readonly stdout: Output
  readonly stderr: Output
  readonly clock: Clock
  /** In which times are printed for people, by its IANA name. */
  readonly timeZone: string
  readonly random: () => number
  /** The kinds of sources that there are. */
  readonly sources: SourceRegistry
  /** Aborts when the user or the system asks to stop. */
  readonly signal: AbortSignal
  /**
   * Asks on the terminal; null when there is none to ask on. `hidden`: what is typed is not shown. Ctrl-C and Ctrl-D are a request to stop:
   * `signal` aborts, and the answer is empty.
   */
  readonly ask: ((question: string, hidden?: 'hidden') => Promise<string>) | null
}

export interface CommandContext extends ProcessContext {
  /** The process's logger, on standard error; `level` is the configuration's, which `--log-level` and `--quiet` overrule. */
  openLog(level: LogLevel): Promise<Logger>
  /** Prints an error that does not end the command, in the form of one that does. `source`: which it is about. */
  report(error: OffbeatError, source: string): void
  /** Filled by `openConfig`. */
  readonly scripts: ScriptForms
  /** The version of Offbeat. */
  readonly version: string
  /** The whole program, as its parser has it. */
  outline(): CommandOutline
}

export interface Output {
  readonly isTerminal: boolean
  /** Width of the terminal; 80 where there is none. */
  readonly columns: number
  /** Height of the terminal; 24 where there is none. */
  readonly rows: number
  /** The listener is called when the terminal's size has changed. Returns what ends that. */
  onResize(listener: () => void): () => void
  /** For bytes: where the sink `stdout` prints. */
  readonly stream: Writable
  write(text: string): void
  /** Resolves when what was written has been taken, so that a slow reader is not flooded. */
  drained(): Promise<void>
}
