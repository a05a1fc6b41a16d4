import { SOURCE_NAME_PATTERN } from '../../config/config-schema.ts'
import { parseDurationMs } from '../../model/duration.ts'
import { Secret } from '../../model/secret.ts'
import { type ConnectionUrl, parseConnectionUrl } from '../../sources/connection-url.ts'
import { unmatchedAmong } from '../../sources/nearest-table.ts'
import { listed, Mistake } from '../../sources/scalar-schema.ts'
import type { SourceDefinition } from '../../sources/source.ts'
import type { SourceConfig } from '../../sources/source-config.ts'
import { parseTablePattern, tableEntry } from '../../sources/table-pattern.ts'
import type { CommandContext, CommandInput } from '../program/command.ts'
import { textOption } from '../program/option-value.ts'
import { usageError } from '../program/usage-error.ts'
import { urlWith } from './connection-url-text.ts'

/** Asks for what the options leave open. Nothing is asked if an option gives the URL, or if there is no terminal. */
export class InitQuestions {
  readonly #input: CommandInput
  readonly #context: CommandContext
  /** Whether to ask: there is a terminal, and no option gave the URL. */
  readonly asks: boolean

  constructor(input: CommandInput, context: CommandContext) {
    this.#input = input
    this.#context = context
    this.asks = context.ask !== null && textOption(input, 'url') === null
  }

  option(name: string): string | null {
    return textOption(this.#input, name)
  }

  flag(name: string): boolean {
    return this.#input.options[name] === true
  }

  say(text: string): void {
    this.#context.stderr.write(`${text}\n`)
  }

  /** The answer, or `otherwise` if it is empty. Shows the mistake and asks again until `mistake` returns null. */
  async text(question: string, otherwise: string, mistake: (answer: string) => string | null): Promise<string> {
    for (;;) {
      const hint = otherwise === '' ? '' : ` [${otherwise}]`
      const answer = (await this.#ask(`${question}${hint}: `)) || otherwise
      const wrong = mistake(answer)
      if (wrong === null) return answer
      this.say(`That ${wrong}.`)
    }
  }

  async yes(question: string, otherwise: boolean): Promise<boolean> {
    const answer = await this.#ask(`${question} (${otherwise ? 'Y/n' : 'y/N'}) `)
    return answer === '' ? otherwise : /^y(es)?$/iu.test(answer)
  }

  async hidden(question: string): Promise<string> {
    const answer = (await this.#context.ask?.(question, 'hidden')) ?? ''
    this.#context.signal.throwIfAborted()
    return answer
  }

  async #ask(question: string): Promise<string> {
    const answer = ((await this.#context.ask?.(question)) ?? '').trim()
    this.#context.signal.throwIfAborted()
    return answer
  }
}

type Definition = SourceDefinition<SourceConfig>

export interface UrlAnswer {
  readonly definition: Definition
  readonly parsed: ConnectionUrl
  /** The database in the URL. Where a connection is to the whole server, it is not in `parsed`, but says which tables are meant. */
  readonly database: string | null
  readonly password: Secret | null
}

/** The database to inspect. No message repeats the URL that was given: it can contain a password. */
export async function urlAnswer(questions: InitQuestions, definitions: readonly Definition[]): Promise<UrlAnswer> {
  const given = questions.option('url')
  const fitting = candidates(definitions, questions.option('kind'), given)
  const [first] = fitting
  if (first === undefined) {
    const schemes = definitions.flatMap(({ defaults }) => defaults.schemes.map((scheme) => `${scheme}://`))
    throw usageError(`The URL does not begin with ${listed([...new Set(schemes)])}.`, {
      expected: urlExample(definitions[0]),
    })
  }
  if (given === null && !questions.asks) {
    throw usageError('init needs a terminal, or --url.', { expected: `--url ${urlExample(first)}` })
  }
  if (given !== null && fitting.length > 1) {
    const kinds = listed(fitting.map(({ kind }) => kind))
    throw usageError('The URL does not say which kind of database it is.', { expected: `--kind ${kinds}` })
  }
  const definition = fitting.length === 1 ? first : await kindAnswer(questions, fitting)
  const example = urlExample(definition)
  const mistake = (url: string): string | null => {
    const read = readUrl(url, definition)
    return typeof read === 'string' ? read : null
  }
  const url = given ?? (await questions.text(`URL of the database, as ${example}`, '', mistake))
  const read = readUrl(url, definition)
  if (typeof read === 'string') throw usageError(`The URL ${read}.`, { expected: example })
  const { password } = read.parsed
  return { definition, ...read, password: password === null ? null : new Secret(password) }
}

/**
 * The kinds that match the given kind or the scheme of the given URL, where the kind whose usual scheme it is comes before others. If only one kind exists, it is returned for any scheme, and its own
 * check of the URL follows.
 */
function candidates(
  definitions: readonly Definition[],
  kind: string | null,
  url: string | null,
): readonly Definition[] {
  if (kind !== null) {
    const named = definitions.filter((each) => each.kind === kind)
    if (named.length > 0) return named
    throw usageError(`${kind} is not a kind of source.`, { expected: listed(definitions.map((each) => each.kind)) })
  }
  if (url === null || definitions.length === 1) return definitions
  const scheme = url.slice(0, Math.max(url.indexOf('://'), 0)).toLowerCase()
  const fitting = definitions.filter(({ defaults }) => defaults.schemes.includes(scheme))
  const usual = fitting.filter(({ defaults }) => defaults.schemes[0] === scheme)
  return usual.length === 1 ? usual : fitting
}

async function kindAnswer(questions: InitQuestions, definitions: readonly Definition[]): Promise<Definition> {
  const kinds = definitions.map(({ kind }) => kind)
  const named = (kind: string) => definitions.find((each) => each.kind === kind)
  const answer = await questions.text(`Kind of database: ${listed(kinds)}`, kinds[0] ?? '', (kind) =>
    named(kind) === undefined ? 'is not one of them' : null,
  )
  const definition = named(answer)
  if (definition === undefined) throw new TypeError('an answer that was checked is not among the choices')
  return definition
}

function urlExample(definition: Definition | undefined): string {
  if (definition === undefined) return 'a URL'
  const { schemes, port, database } = definition.defaults
  return `${schemes[0]}://user@host:${port}${database === 'none' ? '' : '/database'}`
}

/** A text says what is wrong with the URL. */
function readUrl(url: string, { kind, config, defaults }: Definition): Pick<UrlAnswer, 'parsed' | 'database'> | string {
  const whole = parseConnectionUrl(url, defaults)
  if (whole instanceof Mistake) return whole.message
  const { database } = whole
  const namesTables = defaults.database === 'none' && defaults.levels.includes('database')
  const parsed = namesTables ? { ...whole, database: null } : whole
  const issues = config.safeParse({ kind, url: urlWith(parsed, parsed.user, '') }).error?.issues ?? []
  return issues.find(({ path }) => path[0] === 'url')?.message ?? { parsed, database }
}

export async function nameAnswer(questions: InitQuestions, { database, definition }: UrlAnswer): Promise<string> {
  const named = database ?? definition.kind
  const usual = named.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
  return await checked(questions, 'name', 'Name of the source, used in topics and offsets', usual, (name) =>
    new RegExp(SOURCE_NAME_PATTERN, 'u').test(name) ? null : 'is not 1 to 64 letters, digits, _ and -',
  )
}

/** `found`: the tables of the database. null: not known. */
export async function tablesAnswer(
  questions: InitQuestions,
  { definition: { defaults }, parsed, database }: UrlAnswer,
  found: readonly string[] | null,
): Promise<readonly string[]> {
  const given = questions.option('tables') !== null
  const refused = new Set<string>()
  const { table } = defaults.words
  const question = `${table.charAt(0).toUpperCase()}${table.slice(1)}s to watch, separated by commas, * within a part; empty: all`
  const usual = parsed.database === database ? '' : `${tableEntry([database ?? ''])}.*`
  const answer = await checked(questions, 'tables', question, usual, (list) => {
    const wrong = splitTables(list).find((text) => parseTablePattern(text, defaults.levels.length).mistake !== null)
    if (wrong !== undefined) return `is not the name or pattern of a ${table}: ${wrong}`
    const unknown = found === null || refused.has(list) ? [] : unmatchedAmong(splitTables(list), found)
    // A table can be created later, so a name from an option is refused only if it looks like a misspelt one.
    const slips = given ? unknown.filter(({ meant }) => meant !== null) : unknown
    if (slips.length === 0) {
      for (const { entry } of unknown) questions.say(`Note: ${entry} matches no ${table} of this database yet.`)
      return null
    }
    refused.add(list)
    const words = slips.map(({ entry, meant }) => `${entry}${meant === null ? '' : ` (did you mean ${meant}?)`}`)
    const keep = given ? `for a ${table} that is created later, add --offline` : 'repeat the answer to keep it'
    return `has a name that matches no ${table}: ${words.join(', ')}; ${keep}`
  })
  return splitTables(answer)
}

function splitTables(list: string): readonly string[] {
  const parts = list.match(/(?:"[^"]*"|[^,"])+/g) ?? []
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

export async function intervalAnswer(questions: InitQuestions, usual: string): Promise<string> {
  return await checked(questions, 'interval', 'Interval of heartbeats', usual, (text) => {
    const ms = parseDurationMs(text)
    return ms !== null && ms >= 100 ? null : 'is not a duration such as 30s, 1m or 5m'
  })
}

/** The value of the option, else the answer on the terminal, else the default. */
async function checked(
  questions: InitQuestions,
  option: string,
  question: string,
  usual: string,
  mistake: (text: string) => string | null,
): Promise<string> {
  const given = questions.option(option)
  if (given !== null) {
    const wrong = mistake(given)
    if (wrong !== null) throw usageError(`--${option}: ${given} ${wrong}.`)
    return given
  }
  return questions.asks ? await questions.text(question, usual, mistake) : usual
}
