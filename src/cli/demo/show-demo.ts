import { runDemo } from '../../demo/demo.ts'
import type { DemoOptions } from '../../demo/demo-options.ts'
import type { DemoEnd } from '../../demo/demo-summary.ts'
import type { DemoView } from '../../demo/demo-view.ts'
import { liveView } from '../../demo/live-view.ts'
import { plainView, silentView } from '../../demo/plain-view.ts'
import { DEMO_KINDS, loadStage } from '../../demo/stage-registry.ts'
import { parentGone, parentOfProcess } from '../../local-server/parent-watch.ts'
import { inShell } from '../../model/fix.ts'
import type { CommandContext, CommandInput, ExitCode, Output } from '../program/command.ts'
import { durationOption } from '../program/option-value.ts'
import { usageError } from '../program/usage-error.ts'
import { styleFor } from '../terminal/style.ts'

/** Runs until the time is over, the user stops it, or the process that started this one has ended. */
export async function showDemo(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { environment: env, clock, random, version } = context
  const kind = kindOf(input)
  const forMs = forOption(input)
  const options: DemoOptions = { kind, openStage: await loadStage(kind), forMs, env, clock, random, version }
  const orphaned = new AbortController()
  const over = new AbortController()
  const watch = { clock, parentOf: parentOfProcess, pid: process.pid, byNpm: env['npm_lifecycle_event'] !== undefined }
  const watching = parentGone(watch, over.signal).then((end) => {
    if (end === 'gone') orphaned.abort()
  })
  try {
    const end = await runDemo(options, viewFor(input, context), AbortSignal.any([context.signal, orphaned.signal]))
    return tell(end, input, context)
  } finally {
    over.abort()
    await watching
  }
}

function kindOf(input: CommandInput): DemoOptions['kind'] {
  const [wanted = DEMO_KINDS[0]] = input.words
  const kind = DEMO_KINDS.find((one) => one === wanted)
  if (kind !== undefined) return kind
  throw usageError(`This version has no demo of ${wanted}.`, {
    expected: DEMO_KINDS.join(' or '),
    fix: [inShell('offbeat demo')],
  })
}

function forOption(input: CommandInput): number | null {
  const forMs = durationOption(input, 'for', '--for')
  if (forMs === null || forMs > 0) return forMs
  throw usageError('--for takes a duration above zero.', { expected: 'for example 30s' })
}

/** With `--json`, only the result goes to standard output. Progress goes to standard error. */
function viewFor({ common }: CommandInput, { stdout, stderr, environment }: CommandContext): DemoView {
  if (common.json) return common.quiet ? silentView : plainView(demoOutput(stderr))
  if (!stdout.isTerminal || environment['TERM'] === 'dumb') return plainView(demoOutput(stdout))
  return liveView(demoOutput(stdout), styleFor(common.color), speaksUnicode(environment))
}

function demoOutput(output: Output): Parameters<typeof plainView>[0] {
  return {
    get columns() {
      return output.columns
    },
    get rows() {
      return output.isTerminal ? output.rows : null
    },
    write: (text) => output.write(text),
  }
}

/** Decided by the locale variables, in the order in which the system reads them. With none of them set, UTF-8 is assumed. */
function speaksUnicode(environment: Readonly<Record<string, string | undefined>>): boolean {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || 'UTF-8'
  return /utf-?8/iu.test(locale)
}

function tell(end: DemoEnd | null, { common }: CommandInput, { stdout }: CommandContext): ExitCode {
  if (end === null) return 0
  const { summary, text } = end
  stdout.write(common.json ? `${JSON.stringify(summary)}\n` : text)
  return summary.guarded.pulsesBack > 0 || summary.guarded.beats === 0 ? 0 : 1
}
