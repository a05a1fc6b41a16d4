import type { Writable } from 'node:stream'
import type { Clock } from '../../model/clock.ts'
import type { OffbeatError } from '../../model/error.ts'
import type { Logger } from '../../model/logger.ts'
import type { SourceRegistry } from '../../sources/source-registry.ts'
import type { CommandOutline } from '../completion/command-outline.ts'
import type { ScriptForms } from './script-forms.ts'

/**
 * A command as data: `program.ts` builds the parser and the help from it. The file that defines a command imports only types and equally
 * light modules at its top. `run` imports the rest, so that `--help` loads nothing.
 */
export interface Command {
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** Shown in the command's own help, under its options. */
  readonly examples?: readonly string[]
  readonly arguments: readonly ArgumentSpec[]
  readonly options: readonly OptionSpec[]
  /** Resolves with the exit code if the command produced a result. Rejects with an OffbeatError if it did not. */
  run(input: CommandInput, context: CommandContext): Promise<ExitCode>
}

/** A group of commands behind one word: `offbeat offsets show`. */
export interface CommandGroup {
  readonly name: string
  readonly summary: string
  readonly commands: readonly Command[]
}

export interface ArgumentSpec {
  readonly name: string
  readonly summary: string
  readonly required: boolean
  /** Takes all the remaining words. Only the last argument can do so. */
  readonly many?: boolean
  /** The allowed words. Any other word is refused. */
  readonly choices?: readonly string[]
}

export interface OptionSpec {
  /** In the parser's syntax: `--since <duration>` with a value, `--wait` without. */
  readonly flags: string
  readonly summary: string
  readonly choices?: readonly string[]
  readonly default?: string
}

export interface CommandInput {
  /** The words after the command's name, in order. */
  readonly words: readonly string[]
  /**
   * By camel-cased name (`idleExit`): the text that was given, true for an option without a value, undefined if the option was not given.
   */
  readonly options: Readonly<Record<string, string | boolean | undefined>>
  readonly common: CommonOptions
}

/** The options that every command takes. */
export interface CommonOptions {
  /** `--config`. null: use the environment, or the default name. */
  readonly config: string | null
  readonly json: boolean
  /** `--log-level`. null: use the configuration's level. */
  readonly logLevel: LogLevel | null
  readonly quiet: boolean
  /** Whether the result on standard output can be coloured. */
  readonly color: boolean
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** 0: success. 1: a check failed. 2: command line or configuration. 3: a position is lost. 4: unreachable. 70: a defect in Offbeat. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 70

/** Everything that a command can use of the process. It is passed in so that commands run in tests. */
export interface ProcessContext {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly workingDirectory: string
  readonly stdout: Output
  readonly stderr: Output
  readonly clock: Clock
  /** The IANA name of the zone in which times are printed for people. */
  readonly timeZone: string
  readonly random: () => number
  /** The available kinds of sources. */
  readonly sources: SourceRegistry
  /** Aborts when the user or the system asks to stop. */
  readonly signal: AbortSignal
  /**
   * Asks on the terminal. null: there is no terminal. `hidden`: the input is not echoed. Ctrl-C and Ctrl-D request a stop: `signal` aborts,
   * and the answer is empty.
   */
  readonly ask: ((question: string, hidden?: 'hidden') => Promise<string>) | null
}

export interface CommandContext extends ProcessContext {
  /**
   * The process's logger, which writes to standard error. `level` is the configuration's level; `--log-level` and `--quiet` override it.
   */
  openLog(level: LogLevel): Promise<Logger>
  /** Prints an error that does not end the command, in the same form as one that does. `source`: the source that it is about. */
  report(error: OffbeatError, source: string): void
  /** Filled by `openConfig`. */
  readonly scripts: ScriptForms
  /** The version of Offbeat. */
  readonly version: string
  /** The whole program, as its parser defines it. */
  outline(): CommandOutline
}

export interface Output {
  readonly isTerminal: boolean
  /** Width of the terminal. 80 if there is none. */
  readonly columns: number
  /** Height of the terminal. 24 if there is none. */
  readonly rows: number
  /** Calls the listener whenever the terminal's size has changed. Returns a function that removes the listener. */
  onResize(listener: () => void): () => void
  /** The stream for bytes, which the sink `stdout` writes to. */
  readonly stream: Writable
  write(text: string): void
  /** Resolves when the output has been consumed, so that a slow reader is not flooded. */
  drained(): Promise<void>
}
