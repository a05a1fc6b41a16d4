import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configText } from '../../config/config-text.ts'
import { writePrivateFile } from '../../files/private-file.ts'
import { asOffbeatError, OffbeatError } from '../../model/error.ts'
import { type Fix, forPerson, inShell } from '../../model/fix.ts'
import { printable } from '../../model/printable.ts'
import { PRESENT_PASSWORD } from '../../sources/connect/password.ts'
import { usualMode } from '../../sources/heartbeat-schema.ts'
import type { SourceDefinition } from '../../sources/source.ts'
import type { SourceConfig } from '../../sources/source-config.ts'
import type { Survey } from '../../sources/survey.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { usageError } from '../program/usage-error.ts'
import { labelled } from '../terminal/text-layout.ts'
import { urlWith } from './connection-url-text.ts'
import { InitQuestions, intervalAnswer, nameAnswer, tablesAnswer, type UrlAnswer, urlAnswer } from './init-answers.ts'

const SCHEMA = fileURLToPath(new URL('../../../schema/offbeat.schema.json', import.meta.url))
const MOST_TABLES_SHOWN = 20
/** From this rate on, a database counts as busy: it changes every few seconds. */
const BUSY_CHANGES_PER_SECOND = 0.2

type Definition = SourceDefinition<SourceConfig>

export async function writeInit(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const questions = new InitQuestions(input, context)
  if (/^[a-z][a-z0-9+.-]*:\/\//iu.test(input.words[0] ?? ''))
    throw usageError('init takes the name of the file to write; the URL of the database is an option.', {
      expected: 'offbeat init --url URL',
    })
  const path = resolve(context.workingDirectory, input.words[0] ?? 'offbeat.yaml')
  await refuseExisting(path, questions)
  const { kinds, load } = context.sources
  const answer = await urlAnswer(questions, await Promise.all(kinds.map(load)))
  const name = await nameAnswer(questions, answer)
  const variable = `${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_PASSWORD`.replace(/^(?=\d)/, '_')
  const survey = questions.flag('offline') ? null : await takeSurvey(questions, answer, { name, variable }, context)
  if (survey !== null) sayFound(survey, questions)
  const definition = survey?.kind === undefined ? answer.definition : await load(survey.kind)
  const tables = await tablesAnswer(questions, answer, survey?.tables ?? null)
  const readOnly = questions.flag('readOnly') || survey?.readOnly === true
  const proposal = proposalOf(definition, survey, readOnly)
  const interval = await intervalAnswer(questions, proposal.interval)
  const user = await userAnswer(questions, answer, survey)
  const found = (survey?.tables ?? []).slice(0, MOST_TABLES_SHOWN)
  const url = urlWith(answer.parsed, user, `:\${${variable}}`)
  const settings = survey?.settings ?? {}
  const { reasons } = proposal
  const { kind, defaults } = definition
  const { heartbeat } = defaults
  const about = { name, kind, url, tables, found, readOnly, settings, interval, heartbeat, reasons, schema: SCHEMA }
  context.signal.throwIfAborted()
  write(path, configText(about), questions)
  sayNext({ path, name, variable: user === null ? null : variable, readOnly, survey }, input, context)
  return 0
}

/** Checked before any question is asked. Writing checks again. */
async function refuseExisting(path: string, questions: InitQuestions): Promise<void> {
  if (questions.flag('force')) return
  const exists = await access(path).then(
    () => true,
    () => false,
  )
  if (exists) throw alreadyThere(path)
}

function alreadyThere(path: string): OffbeatError {
  return new OffbeatError('CONFIG_EXISTS', {
    message: `the file ${path} already exists, and was not changed`,
    expected: 'a new file, or --force to overwrite it',
    fix: [inShell('offbeat init another.yaml')],
  })
}

function write(path: string, text: string, questions: InitQuestions): void {
  try {
    writePrivateFile(path, text, questions.flag('force') ? 'overwrite' : 'new')
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
    if (code === 'EEXIST') throw alreadyThere(path)
    throw new OffbeatError('CONFIG_UNWRITABLE', {
      message: `the file ${path} cannot be written`,
      found: code,
      expected: 'a folder that exists and is writable',
      details: { path, code },
      cause: thrown,
    })
  }
}

/** One inspection as the user of the URL. null: it failed, and the file is to be written anyway. */
async function takeSurvey(
  questions: InitQuestions,
  answer: UrlAnswer,
  about: { readonly name: string; readonly variable: string },
  context: CommandContext,
): Promise<Survey | null> {
  let password = answer.password?.reveal() ?? context.environment[about.variable] ?? ''
  const { user } = answer.parsed
  if (password === '' && questions.asks && user !== null) {
    password = await questions.hidden(`Password of ${user} (empty: none): `)
  }
  context.scripts.add(about.name, answer.definition)
  const log = (await context.openLog('error')).child({ source: about.name })
  try {
    return await answer.definition.survey(
      configOf(answer, password),
      { source: about.name, log, clock: context.clock },
      context.signal,
    )
  } catch (thrown) {
    context.signal.throwIfAborted()
    const error = asOffbeatError(thrown)
    if (!questions.asks) throw withOffline(error)
    context.report(error, about.name)
    if (await questions.yes('Write the file anyway?', false)) return null
    throw new OffbeatError(error.code, { message: 'no file was written' })
  }
}

function withOffline(error: OffbeatError): OffbeatError {
  return new OffbeatError(error.code, {
    message: `${error.message}; no file was written`,
    ...(error.found === null ? {} : { found: error.found }),
    ...(error.expected === null ? {} : { expected: error.expected }),
    fix: [...error.fix.map(inUrl), forPerson('or write the file without a connection: add --offline')],
    details: error.details,
    cause: error,
  })
}

/** No configuration exists yet. */
function inUrl(fix: Fix): Fix {
  return fix === PRESENT_PASSWORD ? forPerson('give the current password of the user in --url, percent-encoded') : fix
}

function configOf(answer: UrlAnswer, password: string): SourceConfig {
  const { definition, parsed } = answer
  const secret = password === '' ? {} : { password }
  const entry = { kind: definition.kind, url: urlWith(parsed, parsed.user, ''), ...secret }
  const result = definition.config.safeParse(entry)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new OffbeatError('USAGE_INVALID', {
    message: `the URL alone is not enough: ${issue?.path.join('.')} ${issue?.message}`,
  })
}

/** If the URL is an administrator's, it is used only to inspect, and the connector gets a user of its own. */
async function userAnswer(
  questions: InitQuestions,
  { parsed: { user }, definition }: UrlAnswer,
  survey: Survey | null,
): Promise<string | null> {
  const given = questions.option('user')
  if (given !== null) return given
  const usual = survey?.administrator === true ? definition.defaults.connectorUser : user
  if (!questions.asks || usual === null || usual === user) return usual
  return await questions.text(`User of the connector (${user} is an administrator)`, usual, (text) =>
    text === '' ? 'is empty' : null,
  )
}

function proposalOf(
  definition: Definition,
  survey: Survey | null,
  readOnly: boolean,
): { interval: string; reasons: readonly string[] } {
  const rate = survey?.changesPerSecond ?? null
  const busy = rate !== null && rate >= BUSY_CHANGES_PER_SECOND
  return {
    interval: busy ? '5m' : '1m',
    reasons: [trafficText(rate, busy), ...jobReason(definition, survey, readOnly)],
  }
}

/** Who can run the job and how to set it up. If layer 2 has to be off: why. */
function jobReason({ defaults, facts }: Definition, survey: Survey | null, readOnly: boolean): readonly string[] {
  const { heartbeat } = defaults
  const mode = usualMode(heartbeat, readOnly)
  if (mode === null) return [`Off, because ${heartbeat.readOnly.because}.`]
  if (mode !== 'job' || survey === null) return []
  if (survey.scheduler) return [`${facts.scheduler} can run the job.`]
  const missing = heartbeat.jobs.includes('database') ? `${facts.scheduler} was not found: ` : ''
  return [`${missing}\`offbeat setup --as crontab\` prints a job that runs outside the database.`]
}

function trafficText(rate: number | null, busy: boolean): string {
  if (rate === null) return '1m suits most databases, also those with hours between changes.'
  if (busy)
    return `About ${rate.toFixed(1)} rows change a second on average: 1m to 5m is enough, if the log is kept for longer.`
  return 'Few rows change: 1m keeps the offset fresh on a quiet database.'
}

function sayFound(survey: Survey, questions: InitQuestions): void {
  const { tables } = survey
  const shown = printable(tables.slice(0, MOST_TABLES_SHOWN).join(', '))
  const more = tables.length > MOST_TABLES_SHOWN ? `, and ${tables.length - MOST_TABLES_SHOWN} more` : ''
  questions.say(`Connected: ${survey.server}${survey.readOnly ? ', read-only' : ''}.`)
  questions.say(labelled('Tables: ', tables.length === 0 ? 'none yet' : `${shown}${more}`, 80))
  for (const remark of survey.remarks) questions.say(labelled('Note: ', remark, 80))
}

interface Written {
  readonly path: string
  readonly name: string
  /** Of the connector's password. null: it connects without a login. */
  readonly variable: string | null
  readonly readOnly: boolean
  readonly survey: Survey | null
}

function sayNext(written: Written, input: CommandInput, context: CommandContext): void {
  const { path, name, variable, survey } = written
  const config = input.words[0] === undefined ? '' : ` --config ${input.words[0]}`
  const prepared = survey?.heartbeat === true && !survey.administrator
  const next = prepared ? `offbeat run${config}` : `offbeat setup ${name}${config}`
  if (input.common.json) {
    const document = { version: 1, file: path, source: name, variable, readOnly: written.readOnly, next }
    context.stdout.write(`${JSON.stringify(document)}\n`)
    return
  }
  const why = prepared
    ? 'the heartbeat table exists'
    : 'prints the statements that prepare the database, and changes nothing'
  const secret =
    variable === null ? '' : `Set ${variable} to the password of the connector's user; no file contains it.\n`
  context.stdout.write(`Wrote ${path}.\n${secret}Next: ${next}   # ${why}\n`)
}
