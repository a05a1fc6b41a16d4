import { SOURCE_NAME_PATTERN } from '../../config/config-schema.ts'
import { parseDurationMs } from '../../model/duration.ts'
import { Secret } from '../../model/secret.ts'
import { type ConnectionUrl, parseConnectionUrl } from '../../sources/connection-url.ts'
import { namedTables, nearestTable } from '../../sources/nearest-table.ts'
import { Mistake } from '../../sources/scalar-schema.ts'
import { parseTablePattern, tableFilter } from '../../sources/table-pattern.ts'
import type { CommandContext, CommandInput } from '../program/command.ts'
import { textOption } from '../program/option-value.ts'
import { usageError } from '../program/usage-error.ts'

/** Asks for what no option gives. Where a URL is given by option, or there is no terminal, nothing is asked. */
export class InitQuestions {
  readonly #input: CommandInput
  readonly #context: CommandContext
  /** Whether somebody is there to be asked, and did not say beforehand what is wanted. */
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

  /** The answer, or `otherwise` for an empty one; asked again, with what is wrong, until `mistake` finds nothing. */
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

export interface UrlAnswer {
  readonly parsed: ConnectionUrl
  readonly user: string
  readonly database: string
  readonly password: Secret | null
}

/** The database to look at. No message repeats what was given: it may hold a password. */
export async function urlAnswer(questions: InitQuestions, schemes: readonly string[]): Promise<UrlAnswer> {
  const given = questions.option('url')
  const example = `${schemes[0]}://user@host:5432/database`
  if (given === null && !questions.asks) {
    throw usageError('init needs a terminal, or --url.', { expected: `--url ${example}` })
  }
  if (given !== null) {
    const wrong = urlMistake(given, schemes)
    if (wrong !== null) throw usageError(`The URL ${wrong}.`, { expected: example })
  }
  const url = given ?? (await questions.text(`URL of the database, as ${example}`, '', (it) => urlMistake(it, schemes)))
  const parsed = parseConnectionUrl(url, schemes)
  if (parsed instanceof Mistake) throw usageError(`The URL ${parsed.message}.`, { expected: parsed.expected })
  const password = parsed.password === null ? null : new Secret(parsed.password)
  return { parsed, user: parsed.user ?? '', database: parsed.database ?? '', password }
}

function urlMistake(url: string, schemes: readonly string[]): string | null {
  const parsed = parseConnectionUrl(url, schemes)
  if (parsed instanceof Mistake) return parsed.message
  if (parsed.user === null) return 'has no user'
  return parsed.database === null ? 'has no database' : null
}

export async function nameAnswer(questions: InitQuestions, database: string): Promise<string> {
  const usual = database.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || 'source'
  return await checked(questions, 'name', 'Name of the source, used in topics and offsets', usual, (name) =>
    new RegExp(SOURCE_NAME_PATTERN, 'u').test(name) ? null : 'is not 1 to 64 letters, digits, _ and -',
  )
}

/** `found`: the tables of the database; null: not known. */
export async function tablesAnswer(
  questions: InitQuestions,
  found: readonly string[] | null,
): Promise<readonly string[]> {
  const given = questions.option('tables') !== null
  const refused = new Set<string>()
  const question = 'Tables to watch, separated by commas, * within a part; empty: all'
  const answer = await checked(questions, 'tables', question, '', (list) => {
    const wrong = splitTables(list).find((text) => parseTablePattern(text).mistake !== null)
    if (wrong !== undefined) return `is not the name or pattern of a table: ${wrong}`
    const unknown = found === null || refused.has(list) ? [] : unknownTables(splitTables(list), found)
    // A table can be created later: only a slip of another's name is refused in a script.
    const slips = given ? unknown.filter(({ meant }) => meant !== null) : unknown
    if (slips.length === 0) {
      for (const { entry } of unknown) questions.say(`Note: ${entry} matches no table of this database yet.`)
      return null
    }
    refused.add(list)
    const words = slips.map(({ entry, meant }) => `${entry}${meant === null ? '' : ` (did you mean ${meant}?)`}`)
    const keep = given ? 'for a table that is created later, add --offline' : 'repeat the answer to keep it'
    return `has a name that matches no table: ${words.join(', ')}; ${keep}`
  })
  return splitTables(answer)
}

function unknownTables(entries: readonly string[], found: readonly string[]) {
  const tables = namedTables(found)
  return entries
    .filter((entry) => {
      const fits = tableFilter([entry], [])
      return !tables.some(({ schema, name }) => fits(schema ?? '', name))
    })
    .map((entry) => ({ entry, meant: nearestTable(entry, tables) }))
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

/** An option's value, else the answer on a terminal, else the usual one. */
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
