import { Argument, CommanderError, Option, Command as Parser } from 'commander'
import { asOffbeatError, type OffbeatError } from '../../model/error.ts'
import { type Fix, inShell } from '../../model/fix.ts'
import { outlineOf } from '../completion/command-outline.ts'
import { describeError, errorDocument } from '../terminal/error-report.ts'
import { styleFor, wantsColor } from '../terminal/style.ts'
import {
  type Command,
  type CommandContext,
  type CommandGroup,
  type CommandInput,
  type CommonOptions,
  type ExitCode,
  LOG_LEVELS,
  type LogLevel,
  type ProcessContext,
} from './command.ts'
import { exitCodeOf } from './exit-code.ts'
import { ScriptForms } from './script-forms.ts'
import { usageError } from './usage-error.ts'

/** One run of the program; the command leaves its exit code here. */
interface Run {
  readonly context: ProcessContext
  readonly version: string
  readonly report: ErrorReporter
  readonly scripts: ScriptForms
  code: ExitCode
}

/** Parses the command line and runs the command. Resolves with the exit code; never rejects. */
export async function runProgram(
  commands: readonly (Command | CommandGroup)[],
  argv: readonly string[],
  context: ProcessContext,
  version: string,
): Promise<ExitCode> {
  const scripts = new ScriptForms()
  const run: Run = { context, version, report: errorReporter(argv, context, version, scripts), scripts, code: 0 }
  const parser = makeParser(commands, run)
  try {
    if (argv.length === 0) return showHelp(parser, context)
    await parser.parseAsync([...argv], { from: 'user' })
    return run.code
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0
    // A group without its command: the parser has already printed the help to standard error.
    if (thrown instanceof CommanderError && thrown.code === 'commander.help') return 2
    // The stop was requested before there was a result.
    if (isStop(thrown, context.signal)) return 1
    const error =
      thrown instanceof CommanderError
        ? fromParser(thrown, commands, argv)
        : withHelp(asOffbeatError(thrown), commands, argv)
    run.report(error)
    return exitCodeOf(error)
  }
}

function isStop(thrown: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (thrown === signal.reason || (thrown instanceof Error && thrown.name === 'AbortError'))
}

/** Without a command, prints the help and returns the exit code of a wrong command line. */
function showHelp(parser: Parser, context: ProcessContext): ExitCode {
  context.stderr.write(parser.helpInformation())
  return 2
}

/** `source`: the source that the error is about. Absent: the sources that the command names. */
type ErrorReporter = (error: OffbeatError, source?: string) => void

/** Prints errors as text, or with `--json` as a document. */
export function errorReporter(
  argv: readonly string[],
  context: ProcessContext,
  version: string,
  scripts = new ScriptForms(),
): ErrorReporter {
  const { stderr, environment } = context
  // Read from the raw words, because the error can be that they could not be parsed.
  if (argv.includes('--json')) return (error) => stderr.write(`${JSON.stringify(errorDocument(error, version))}\n`)
  const style = styleFor(!argv.includes('--no-color') && wantsColor(stderr, environment))
  return (error, source) => {
    const { timeZone } = context
    const script = source === undefined ? scripts.ofCommand(argv) : scripts.of(source)
    stderr.write(describeError(error, { style, width: Math.min(stderr.columns, 100), version, timeZone, script }))
  }
}

function makeParser(commands: readonly (Command | CommandGroup)[], run: Run): Parser {
  const parser = new Parser('offbeat')
    .description('Change data capture whose offsets never go stale.')
    .version(run.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .option('--config <file>', 'the configuration; else $OFFBEAT_CONFIG or offbeat.yaml')
    .option('--json', 'the result as JSON, alone on standard output')
    .addOption(new Option('--log-level <level>', 'how much to log').choices(LOG_LEVELS))
    .option('--quiet', 'log errors only')
    .option('--no-color', 'plain text (also: NO_COLOR=1)')
    .addHelpText('after', '\nStart with `offbeat demo`; `offbeat COMMAND --help` has the options of one command.\n')
  quietly(parser, run.context)
  for (const command of commands) parser.addCommand(parserOf(command, run))
  return parser
}

function parserOf(command: Command | CommandGroup, run: Run): Parser {
  const parser = new Parser(command.name).summary(command.summary).description(command.summary)
  parser.helpOption('-h, --help', 'print this help')
  quietly(parser, run.context)
  if ('run' in command) return leafOf(parser, command, run)
  parser.helpCommand(false)
  for (const sub of command.commands) parser.addCommand(parserOf(sub, run))
  return parser
}

function leafOf(parser: Parser, command: Command, run: Run): Parser {
  for (const { name, summary, required, many, choices } of command.arguments) {
    const word = many ? `${name}...` : name
    const argument = new Argument(required ? `<${word}>` : `[${word}]`, summary)
    parser.addArgument(choices === undefined ? argument : argument.choices(choices))
  }
  for (const { flags, summary, choices, default: value } of command.options) {
    const option = new Option(flags, summary)
    if (choices !== undefined) option.choices(choices)
    parser.addOption(value === undefined ? option : option.default(value))
  }
  if (command.examples !== undefined) {
    parser.addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  ${example}\n`).join('')}`)
  }
  return parser.action(async () => {
    const input = inputOf(parser, run.context)
    run.code = await command.run(input, commandContext(run, input.common, parser))
  })
}

/** Keeps the parser away from the process: its help goes to the context's output, and its errors become OffbeatErrors. */
function quietly(parser: Parser, context: ProcessContext): void {
  parser
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(context.stdout.columns, 100), subcommandTerm })
    .configureOutput({ writeOut: (text) => context.stdout.write(text), writeErr: (text) => mistake(text, context) })
}

/** Prints help that was not asked for. The text of an error is dropped here, because it is reported as an OffbeatError. */
function mistake(text: string, context: ProcessContext): void {
  if (text.startsWith('Usage:')) context.stderr.write(text)
}

/** `beat <source>`, without a mention of options for each command. */
function subcommandTerm(command: Parser): string {
  const words = command.registeredArguments.map((one) => {
    const name = one.variadic ? `${one.name()}...` : one.name()
    return one.required ? `<${name}>` : `[${name}]`
  })
  return [command.name(), ...words].join(' ')
}

function inputOf(parser: Parser, context: ProcessContext): CommandInput {
  const options: Record<string, unknown> = parser.optsWithGlobals()
  return {
    words: parser.processedArgs.flat().filter((word): word is string => typeof word === 'string'),
    options: Object.fromEntries(
      Object.entries(options).filter(
        (entry): entry is [string, string | boolean] => typeof entry[1] === 'string' || typeof entry[1] === 'boolean',
      ),
    ),
    common: commonOptions(options, context),
  }
}

function commonOptions(options: Readonly<Record<string, unknown>>, context: ProcessContext): CommonOptions {
  const { config, logLevel } = options
  return {
    config: typeof config === 'string' ? config : null,
    json: options['json'] === true,
    logLevel: LOG_LEVELS.find((level) => level === logLevel) ?? null,
    quiet: options['quiet'] === true,
    color: options['color'] !== false && wantsColor(context.stdout, context.environment),
  }
}

function commandContext(
  { context, version, report, scripts }: Run,
  common: CommonOptions,
  parser: Parser,
): CommandContext {
  return {
    ...context,
    version,
    report,
    scripts,
    outline: () => outlineOf(rootOf(parser)),
    openLog: async (configured: LogLevel) => {
      const { openLogger } = await import('../terminal/logger.ts')
      return openLogger(context.stderr, {
        level: common.quiet ? 'error' : (common.logLevel ?? configured),
        human: context.stderr.isTerminal,
        color: common.color && wantsColor(context.stderr, context.environment),
        timeZone: context.timeZone,
        scriptOf: (source) => scripts.of(source),
      })
    },
  }
}

function rootOf(parser: Parser): Parser {
  return parser.parent === null ? parser : rootOf(parser.parent)
}

/** Turns `error: unknown option '--jsno'\n(Did you mean --json?)` into an OffbeatError. */
function fromParser(
  thrown: CommanderError,
  commands: readonly (Command | CommandGroup)[],
  argv: readonly string[],
): OffbeatError {
  const [text = '', ...hints] = thrown.message.replace(/^error: /u, '').split('\n')
  const meant = /\(Did you mean (?:one of )?(.+)\?\)/u.exec(hints.join(' '))?.[1]
  const fix = [helpOf(commands, argv)]
  return usageError(sentence(text), meant === undefined ? { fix } : { expected: `did you mean ${meant}?`, fix })
}

/** Adds a pointer to the help to a command-line error that has no fix of its own. */
function withHelp(
  error: OffbeatError,
  commands: readonly (Command | CommandGroup)[],
  argv: readonly string[],
): OffbeatError {
  if (error.code !== 'USAGE_INVALID' || error.fix.length > 0) return error
  const { message, found, expected } = error
  return usageError(message, {
    ...(found === null ? {} : { found }),
    ...(expected === null ? {} : { expected }),
    fix: [helpOf(commands, argv)],
  })
}

function helpOf(commands: readonly (Command | CommandGroup)[], argv: readonly string[]): Fix {
  return inShell(['offbeat', ...commandNames(commands, argv), '--help'].join(' '))
}

/** The name of the command, and of its subcommand, so that the fix names the right help. */
function commandNames(commands: readonly (Command | CommandGroup)[], argv: readonly string[]): readonly string[] {
  const command = commands.find(({ name }) => argv.includes(name))
  if (command === undefined) return []
  const sub = 'commands' in command ? command.commands.find(({ name }) => argv.includes(name)) : undefined
  return sub === undefined ? [command.name] : [command.name, sub.name]
}

function sentence(text: string): string {
  const full = text.charAt(0).toUpperCase() + text.slice(1)
  return full.endsWith('.') ? full : `${full}.`
}
