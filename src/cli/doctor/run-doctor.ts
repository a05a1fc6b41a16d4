import { openStoreReader } from '../../app/store-access.ts'
import { signsOf } from '../../app/store-signs.ts'
import type { Config, ConfiguredSource } from '../../config/config.ts'
import { type Examination, examine } from '../../doctor/examination.ts'
import { isWell, type RunFix, reportDocument } from '../../doctor/report.ts'
import { asOffbeatError, type OffbeatError } from '../../model/error.ts'
import { ERROR_TABLE } from '../../model/error-code.ts'
import type { Logger } from '../../model/logger.ts'
import type { StoreReader } from '../../sqlite/store-reader.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig, sourcesNamed } from '../program/configuration.ts'
import { exitCodeOf, worstExitCode } from '../program/exit-code.ts'
import { exposedSecretFindings } from '../program/exposed-secret-check.ts'
import { textOption } from '../program/option-value.ts'
import { usageError } from '../program/usage-error.ts'
import { writeBundle } from '../support/write-bundle.ts'
import { scrub } from '../terminal/scrub.ts'
import { styleFor } from '../terminal/style.ts'
import { type AfterBeat, afterNextBeat, type FixedSource } from './await-beat.ts'
import { applyFixes } from './doctor-fix.ts'
import { describeExamination } from './doctor-text.ts'

export async function runDoctor(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const fix = input.options['fix'] === true
  if (!fix && textOption(input, 'admin') !== null) throw usageError('--admin has no effect without --fix.')
  const config = await openConfig(input, context)
  const sources = sourcesNamed(config, input.words)
  using store = openStoreReader(config)
  const log = await context.openLog(config.log.level)
  const examine = (source: ConfiguredSource) => examineSource(source, config, store, log, context)
  const before = await Promise.all(sources.map(examine))
  const fixed: RunFix[] | null = fix ? [] : null
  const after: Examination[] = []
  const notes: string[] = []
  const refusals: OffbeatError[] = []
  for (const [index, source] of sources.entries()) {
    const found = before[index]
    if (found === undefined) continue
    const repaired =
      fixed === null
        ? found
        : await applyFixes({ source, found, examine, fixed, log }, input, context).catch(async (thrown: unknown) => {
            // What was already fixed, of this source and of others, is still shown.
            refusals.push(refusalOf(thrown, source, context))
            return fixed.some((one) => one.source === source.name) ? await examine(source) : found
          })
    const { found: last, note } = await settled(source, repaired, { fixed, store, examine }, context)
    after.push(last)
    if (note !== null) notes.push(note)
  }
  await show(after, fixed, input, context)
  for (const note of notes) context.stderr.write(note)
  const bundle = textOption(input, 'bundle')
  if (bundle !== null) await writeBundle({ file: bundle, config, sources, examinations: after, fixed, store }, context)
  return worstExitCode([codeOf(after, input.options['strict'] === true), ...refusals.map(exitCodeOf)])
}

/** Reported at once, so that the error appears next to the statements that were to be run. */
function refusalOf(thrown: unknown, { name }: ConfiguredSource, { signal, report }: CommandContext): OffbeatError {
  if (signal.aborted) throw thrown
  const error = asOffbeatError(thrown)
  report(error, name)
  return error
}

/** If nothing was run for the source, there is no heartbeat to wait for. */
async function settled(
  source: ConfiguredSource,
  found: Examination,
  about: Pick<FixedSource, 'store' | 'examine'> & { readonly fixed: readonly RunFix[] | null },
  context: CommandContext,
): Promise<AfterBeat> {
  const ran = (about.fixed ?? []).some((fix) => fix.source === source.name && fix.error === null)
  if (!ran) return { found, note: null }
  return await afterNextBeat({ ...about, source, found, atMs: context.clock.nowMs() }, context)
}

async function examineSource(
  source: ConfiguredSource,
  config: Config,
  store: StoreReader | null,
  log: Logger,
  context: CommandContext,
): Promise<Examination> {
  const { definition } = source
  const { clock } = context
  const signs = await signsOf(source, store, clock.nowMs())
  const about = {
    source: source.name,
    log: log.child({ source: source.name }),
    clock,
    signs,
    atRiskMs: config.health.atRisk.runwaySeconds * 1000,
    storedOffset: () => store?.offset(source.name) ?? null,
  }
  const checkup = (await definition.checkup?.()) ?? null
  const found = await examine(checkup, source.config, about, context.signal)
  return { ...found, findings: [...exposedSecretFindings(config, source.name), ...found.findings] }
}

async function show(
  examinations: readonly Examination[],
  fixed: readonly RunFix[] | null,
  input: CommandInput,
  context: CommandContext,
): Promise<void> {
  const { stdout } = context
  if (input.common.json) {
    stdout.write(`${JSON.stringify(reportDocument(examinations, fixed, scrub))}\n`)
  } else {
    const layout = { width: Math.min(stdout.columns, 100), style: styleFor(input.common.color) }
    const texts = examinations.map((each) =>
      describeExamination(each, { ...layout, ...context.scripts.termsOf(each.name) }),
    )
    stdout.write(texts.join('\n'))
  }
  await stdout.drained()
}

/** A failed check gives 1, unless it has its own exit code: a lost position, or a database that cannot be reached. */
function codeOf(examinations: readonly Examination[], strict: boolean): ExitCode {
  const findings = examinations.flatMap((each) => each.findings)
  const warned = strict && findings.some(({ status }) => status === 'warn')
  const lost = findings.some(
    ({ status, code }) => status === 'fail' && code !== null && ERROR_TABLE[code].kind === 'lost position',
  )
  return worstExitCode([
    isWell(examinations) && !warned ? 0 : 1,
    lost ? 3 : 0,
    ...examinations.flatMap(({ error }) => (error === null ? [] : [exitCodeOf(error)])),
  ])
}
