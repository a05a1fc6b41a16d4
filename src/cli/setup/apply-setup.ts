import { asOffbeatError, type OffbeatError } from '../../model/error.ts'
import { fixDocument } from '../../model/fix.ts'
import type { Secret } from '../../model/secret.ts'
import type { Style } from '../../model/style.ts'
import { applySetup, needsPassword } from '../../setup/setup-apply.ts'
import { checkSetup, isBlocked, isOpen, isToBeRun, type StepCheck } from '../../setup/setup-check.ts'
import type { Context as SourceContext } from '../../sources/source.ts'
import type { CommandContext, CommandInput, ExitCode, LogLevel } from '../program/command.ts'
import { stoppedText } from '../program/stop-signal.ts'
import { confirm } from '../terminal/confirm.ts'
import { styleFor, wantsColor } from '../terminal/style.ts'
import { labelled } from '../terminal/text-layout.ts'
import { openAdministrator, serverOf } from './administrator.ts'
import { planDocument, type SetupRequest, setupPassword } from './setup-request.ts'
import { checkedText } from './setup-text.ts'

interface Say {
  readonly style: Style
  readonly width: number
  write(text: string): void
}

/** Checks what is missing, shows it, asks, runs it, and tests that the new user can connect as `run` does. */
export async function applyToDatabase(
  request: SetupRequest,
  input: CommandInput,
  context: CommandContext,
  level: LogLevel,
): Promise<ExitCode> {
  const { source, plan } = request
  const { signal } = context
  const log = (await context.openLog(level)).child({ source: source.name })
  const about = { source: source.name, log, clock: context.clock }
  await using admin = await openAdministrator(source, '--apply', log, input, context)
  const say = speaker(input, context)
  const checks = await checkSetup(plan, admin, signal)
  say.write(checkedText(checks, source.definition.script, say.style, say.width))
  if (checks.some(isBlocked)) {
    say.write('Nothing was changed. First do the steps that are listed above for you, then run it again.\n')
    return finish(request, checks, { done: [], login: null }, input, context)
  }
  const server = serverOf(admin.target, source.config.connection)
  if (!(await agreed({ request, checks, server }, input, context)))
    return finish(request, checks, { done: [], login: null }, input, context)
  const password = needsPassword(checks) ? await setupPassword(request, context) : null
  const done: string[] = []
  try {
    await applySetup({
      checks,
      admin,
      password,
      signal,
      onDone: ({ id }) => {
        done.push(id)
        say.write(`done: ${id}\n`)
      },
    })
    const after = done.length === 0 ? checks : await checkSetup(plan, admin, signal)
    const login = await tryLogin(request, password, about, context)
    sayEnd(request, after, login, say, context)
    return finish(request, after, { done, login }, input, context)
  } catch (thrown) {
    if (signal.aborted) {
      const wanted = checks.filter(isToBeRun).map(({ step }) => step.id)
      context.stderr.write(stoppedText(wanted, done, signal))
    }
    throw thrown
  }
}

/** Called after the statements were shown. */
async function agreed(
  {
    request: { source },
    checks,
    server,
  }: { readonly request: SetupRequest; readonly checks: readonly StepCheck[]; readonly server: string },
  input: CommandInput,
  context: CommandContext,
): Promise<boolean> {
  const steps = checks.filter(isToBeRun).length
  if (steps === 0 || input.options['yes'] === true) return true
  const what = `It will run the ${steps === 1 ? 'step' : `${steps} steps`} shown above for ${source.name}, on ${server}.`
  return await confirm(input, context, what, 'Nothing else is changed.')
}

/** With `--json`, only the document goes to standard output. */
function speaker(input: CommandInput, context: CommandContext): Say {
  const output = input.common.json ? context.stderr : context.stdout
  const style = styleFor(input.common.color && wantsColor(output, context.environment))
  return { style, width: Math.min(output.columns, 100), write: (text) => output.write(text) }
}

type Login = { readonly error: OffbeatError | null }

/** Uses the password that the user was just given, if there is one. */
async function tryLogin(
  { source: { config: own, definition } }: SetupRequest,
  given: Secret | null,
  about: SourceContext,
  context: CommandContext,
): Promise<Login> {
  try {
    const { connection } = own
    const config = { ...own, connection: { ...connection, password: given ?? connection.password } }
    await using _probe = await definition.probe(config, about, context.signal)
    await using _reader = await definition.reader?.(config, about, context.signal)
    return { error: null }
  } catch (thrown) {
    context.signal.throwIfAborted()
    return { error: asOffbeatError(thrown) }
  }
}

function sayEnd(
  { source, plan }: SetupRequest,
  checks: readonly StepCheck[],
  login: Login,
  say: Say,
  context: CommandContext,
) {
  const { user, password, passwordFile } = source.config.connection
  const who = user ?? 'a client without a login'
  if (user !== null && password === null && passwordFile === undefined)
    say.write(`note: the source has no \`password\`: give it one, such as \${NAME} from the environment\n`)
  for (const note of plan.notes) say.write(`${labelled('note: ', note, say.width)}\n`)
  if (login.error === null) {
    const entered = user === null ? 'connect' : 'log in'
    say.write(`tried: ${who} can ${entered} and open ${source.definition.facts.stream}\n`)
  } else {
    say.write(`The database is prepared, but ${who} could not connect from here:\n`)
    context.report(login.error, source.name)
  }
  const vain = checks.filter(isToBeRun).map(({ step }) => step.id)
  if (vain.length > 0) say.write(`Ran, but still missing: ${vain.join(', ')}. Check them by hand.\n`)
  const open = checks.filter(isOpen)
  if (open.length > 0) say.write('Still to do: the steps that are listed above for you.\n')
  else if (login.error === null && vain.length === 0)
    say.write(`next: offbeat doctor ${source.name}, then offbeat run\n`)
}

function finish(
  request: SetupRequest,
  checks: readonly StepCheck[],
  { done, login }: { readonly done: readonly string[]; readonly login: Login | null },
  input: CommandInput,
  context: CommandContext,
): ExitCode {
  const ok = login?.error === null && !checks.some((check) => isOpen(check) || isToBeRun(check))
  if (input.common.json) {
    const states = new Map(
      checks.map(({ step, state, found, remedies }) => [
        step.id,
        { state, evidence: found, remedies: remedies.fixes.map((each) => fixDocument(each)) },
      ]),
    )
    const { steps, ...plan } = planDocument(request)
    const documents = steps.map((step) => ({ ...step, ...states.get(step.id), done: done.includes(step.id) }))
    context.stdout.write(`${JSON.stringify({ ...plan, ok, login: login?.error?.code ?? null, steps: documents })}\n`)
  }
  return ok ? 0 : 1
}
