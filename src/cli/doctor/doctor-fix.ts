import type { ConfiguredSource } from '../../config/config.ts'
import type { Examination } from '../../doctor/examination.ts'
import { type AutomaticFix, type FixPlan, fixKey, planFixes } from '../../doctor/fix-plan.ts'
import type { RunFix } from '../../doctor/report.ts'
import { asOffbeatError, type OffbeatError } from '../../model/error.ts'
import type { Logger } from '../../model/logger.ts'
import type { AdminSession } from '../../sources/admin-session.ts'
import type { CommandContext, CommandInput } from '../program/command.ts'
import { stoppedText } from '../program/stop-signal.ts'
import { openAdministrator, serverOf } from '../setup/administrator.ts'
import { confirm } from '../terminal/confirm.ts'
import { scrub } from '../terminal/scrub.ts'
import { styleFor } from '../terminal/style.ts'
import { describePlan } from './doctor-text.ts'

/** A fix can reveal something that could not be checked before. After this many rounds, someone should investigate. */
const MOST_ROUNDS = 3

export interface FixRequest {
  readonly source: ConfiguredSource
  readonly found: Examination
  readonly examine: (source: ConfiguredSource) => Promise<Examination>
  /** The fixes that were run are added here. */
  readonly fixed: RunFix[]
  readonly log: Logger
}

/** Shows the fixes, asks for confirmation, runs the safe ones, and checks again. Returns the last examination. */
export async function applyFixes(
  request: FixRequest,
  input: CommandInput,
  context: CommandContext,
): Promise<Examination> {
  let found = request.found
  const done = new Set<string>()
  await using opened = new AsyncDisposableStack()
  let admin: AdminSession | null = null
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const plan = planFixes(found, done)
    if (round === 0 || plan.run.length > 0) showPlan(request.source, plan, context)
    if (plan.run.length === 0 || found.error !== null) return found
    admin ??= opened.use(await openAdministrator(request.source, '--fix', request.log, input, context))
    const count = plan.run.length === 1 ? 'This statement' : `These ${plan.run.length} statements`
    const { name, config } = request.source
    const what = `${count} will be run for ${name}, on ${serverOf(admin.target, config.connection)}.`
    if (!(await confirm(input, context, what, 'Nothing else is changed.'))) return found
    for (const fix of plan.run) done.add(fixKey(fix))
    request.fixed.push(...(await runAll(request.source.name, plan.run, admin, context)))
    found = await request.examine(request.source)
  }
  return found
}

function showPlan({ name, definition }: ConfiguredSource, plan: FixPlan, { stderr }: CommandContext): void {
  const layout = { width: Math.min(stderr.columns, 100), style: styleFor(false), script: definition.script }
  stderr.write(describePlan(name, plan, layout))
}

async function runAll(
  source: string,
  fixes: readonly AutomaticFix[],
  admin: AdminSession,
  context: CommandContext,
): Promise<readonly RunFix[]> {
  const results: RunFix[] = []
  try {
    for (const fix of fixes) {
      const error = await failureOf(admin, fix, context.signal)
      if (error !== null) context.report(error, source)
      results.push({ fix, source, error: error === null ? null : (error.found ?? error.message) })
    }
  } catch (thrown) {
    const done = results.filter(({ error }) => error === null)
    if (context.signal.aborted)
      context.stderr.write(stoppedText(runs(fixes), runs(done.map(({ fix }) => fix)), context.signal))
    throw thrown
  }
  return results
}

function runs(fixes: readonly AutomaticFix[]): readonly string[] {
  return fixes.map(({ text }) => scrub(text))
}

/** A statement that fails does not stop the next one: they can fix different things. */
async function failureOf(admin: AdminSession, fix: AutomaticFix, signal: AbortSignal): Promise<OffbeatError | null> {
  try {
    await admin.run(fix, signal)
    return null
  } catch (thrown) {
    signal.throwIfAborted()
    return asOffbeatError(thrown)
  }
}
