import { inspect } from '../../app/inspection.ts'
import { runnerOf } from '../../app/source-runner.ts'
import { openStoreReader } from '../../app/store-access.ts'
import type { ConfiguredSource } from '../../config/config.ts'
import { type PausePlan, planPause } from '../../health/pause-plan.ts'
import { isLost } from '../../health/runway.ts'
import { RATE_HISTORY_MS } from '../../health/write-rate.ts'
import { sampleOf } from '../../journal/journal.ts'
import { bytesInWords, timeInWords } from '../../model/figures.ts'
import type { Fix } from '../../model/fix.ts'
import type { Style } from '../../model/style.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig, sourceNamed } from '../program/configuration.ts'
import { exitCodeOf } from '../program/exit-code.ts'
import { durationOption } from '../program/option-value.ts'
import { usageError } from '../program/usage-error.ts'
import { fixLinesOf } from '../status/status-text.ts'
import { styleFor } from '../terminal/style.ts'
import { labelled } from '../terminal/text-layout.ts'

/** Answers from an inspection made now and the rates that the connector recorded in the store. */
export async function showPlan(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const pauseMs = durationOption(input, 'pause', '--pause')
  if (pauseMs === null || pauseMs === 0) {
    throw usageError('plan needs the length of the pause.', {
      found: pauseMs === null ? 'no --pause' : '--pause 0',
      expected: 'for example --pause 60h',
    })
  }
  const config = await openConfig(input, context)
  const source = sourceNamed(config, input.words[0] ?? '')
  using store = openStoreReader(config)
  const offset = store?.offset(source.name) ?? null
  const { state, error } = await inspect(source, config, () => store?.offset(source.name) ?? null, context)
  const runner = await runnerOf(source.name, store, context.clock.nowMs())
  if (state === null) {
    if (error !== null) context.report(error, source.name)
    print({ source, runner, pauseMs, plan: NOTHING_KNOWN, statements: [] }, input, context)
    return error === null ? 1 : exitCodeOf(error)
  }
  const past = (await store?.history.samples(source.name, context.clock.nowMs() - RATE_HISTORY_MS)) ?? []
  const plan = planPause({ pauseMs, offset, state, samples: [sampleOf(state), ...past] })
  const { raiseLimit } = source.definition
  const statements = plan.raise.flatMap(({ name, keeps }) => raiseLimit?.(name, keeps) ?? [])
  const choices = state.resume.can === 'no' ? state.resume.choices : []
  print({ source, runner, pauseMs, plan, statements: [...statements, ...choices] }, input, context)
  if (plan.answer === 'yes') return 0
  return isLost(state) ? 3 : 1
}

const NOTHING_KNOWN: PausePlan = {
  answer: 'unknown',
  marginSeconds: null,
  decidedBy: null,
  because: ['the database could not be inspected'],
  writtenBytes: null,
  clocks: [],
  raise: [],
}

interface Answer {
  readonly source: ConfiguredSource
  readonly runner: Awaited<ReturnType<typeof runnerOf>>
  readonly pauseMs: number
  readonly plan: PausePlan
  readonly statements: readonly Fix[]
}

function print(answer: Answer, input: CommandInput, context: CommandContext): void {
  if (input.common.json) context.stdout.write(`${JSON.stringify(documentOf(answer))}\n`)
  else context.stdout.write(textOf(answer, Math.min(context.stdout.columns, 100), styleFor(input.common.color)))
}

function documentOf({ source, runner, pauseMs, plan, statements }: Answer) {
  const { answer, marginSeconds, decidedBy, because, writtenBytes, clocks, raise } = plan
  const about = {
    version: 1,
    source: source.name,
    connector: runner.connector,
    answer,
    pauseSeconds: Math.round(pauseMs / 1000),
    marginSeconds,
    decidedBy,
  }
  const raised = raise.map(({ name, unit, keeps }) => ({ name, unit, keeps: Math.ceil(keeps) }))
  return { ...about, because, writtenBytes, raise: raised, fix: statements, clocks }
}

function textOf({ source, runner, pauseMs, plan, statements }: Answer, width: number, style: Style): string {
  const pause = timeInWords(pauseMs)
  const label = (name: string, text: string) => labelled(`  ${name.padEnd(11)}`, text, width)
  const written =
    plan.writtenBytes === null
      ? []
      : [label('log', `about ${bytesInWords(plan.writtenBytes)} are written in ${pause} at this rate`)]
  const lines = [
    `${style.bold(source.name)}: ${headline(plan, pause, style)}`,
    label('connector', runner.words),
    ...marginLine(plan, label),
    ...plan.because.map((reason, index) => label(index === 0 ? 'because' : '', `- ${reason}`)),
    ...written,
    ...fixLinesOf(statements, { width, style, script: source.definition.script }),
  ]
  return `${lines.join('\n')}\n`
}

function headline({ answer }: PausePlan, pause: string, style: Style): string {
  if (answer === 'yes') return style.green(`yes, it can be stopped for ${pause}`)
  if (answer === 'no') return style.red(`no, it cannot be stopped for ${pause}`)
  return style.yellow(`it is not known whether it can be stopped for ${pause}`)
}

function marginLine(
  { marginSeconds, decidedBy, clocks }: PausePlan,
  label: (name: string, text: string) => string,
): readonly string[] {
  if (decidedBy === null) return []
  const { kind, ends } = clocks.find(({ name }) => name === decidedBy) ?? { kind: 'unknown', ends: '' }
  if (marginSeconds === null) return [label('clock', `${decidedBy}: ${kind}`)]
  const sure = kind === 'at least' ? 'at least' : 'about'
  const time = timeInWords(Math.abs(marginSeconds) * 1000)
  const text = marginSeconds < 0 ? `about ${time} too little` : `${sure} ${time} are left after it`
  return [label('margin', `${text}, by ${decidedBy} (then: ${ends})`)]
}
