import { inspect } from '../../app/inspection.ts'
import { isRunBy } from '../../app/source-runner.ts'
import { openStoreReader } from '../../app/store-access.ts'
import { lostPosition } from '../../connector/lost-position.ts'
import type { LedgerEntry } from '../../journal/journal.ts'
import type { OffbeatError } from '../../model/error.ts'
import { timeInWords } from '../../model/figures.ts'
import type { LogState } from '../../model/log-state.ts'
import { type Loss, lossDocument } from '../../model/loss.ts'
import type { StoredOffset } from '../../model/offset.ts'
import type { Style } from '../../model/style.ts'
import { unreachable } from '../../model/unreachable.ts'
import type { Owner } from '../../sqlite/owner.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig, sourceNamed } from '../program/configuration.ts'
import { countOption } from '../program/option-value.ts'
import { localTimes } from '../terminal/local-time.ts'
import { lossLines } from '../terminal/loss-screen.ts'
import { ownerInWords } from '../terminal/owner-words.ts'
import { scrub } from '../terminal/scrub.ts'
import { styleFor } from '../terminal/style.ts'
import { labelled } from '../terminal/text-layout.ts'
import { offsetDocument, shortPositions } from './offsets-list.ts'

const ALL = 1_000_000

interface Shown {
  readonly source: string
  readonly offset: StoredOffset | null
  /** A position as people read it. */
  readonly short: (position: string) => string
  readonly ledger: readonly LedgerEntry[]
  /** Whether the ledger has older moves that are not shown. */
  readonly hasOlder: boolean
  /** The process that runs the source's connector. */
  readonly runner: Owner | null
  /** Whether the offset can be opened now. null: there is no offset, or no database to ask. */
  readonly inspection: { readonly state: LogState | null; readonly error: OffbeatError | null } | null
}

export async function showOffset(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const last = input.options['all'] === true ? null : countOption(input, 'last', '--last')
  const config = await openConfig(input, context)
  using reader = openStoreReader(config)
  const name = input.words[0] ?? ''
  // A source that was removed from the configuration still has its history.
  const source = reader?.sources().includes(name) ? name : sourceNamed(config, name).name
  const offset = reader?.offset(source) ?? null
  const configured = config.sources.find((one) => one.name === source)
  // One more than is shown, to know if there are older ones.
  const ledger = (await reader?.history.ledger(source, last === null ? ALL : last + 1)) ?? []
  const owner = reader?.owner() ?? null
  const report = (await reader?.history.status(source)) ?? null
  const shown: Shown = {
    source,
    offset,
    short: shortPositions(config)(source),
    inspection:
      offset === null || configured === undefined
        ? null
        : await inspect(configured, config, () => reader?.offset(source) ?? null, context),
    ledger: ledger.slice(0, last ?? ALL),
    hasOlder: last !== null && ledger.length > last,
    runner: isRunBy(owner, source, report, context.clock.nowMs()) ? owner : null,
  }
  if (input.common.json) context.stdout.write(`${JSON.stringify(documentOf(shown))}\n`)
  else context.stdout.write(textOf(shown, context, styleFor(input.common.color)))
  return lossIn(shown) === null ? 0 : 3
}

function lossIn({ inspection }: Shown): Loss | null {
  const resume = inspection?.state?.resume
  return resume?.can === 'no' ? (resume.loss ?? null) : null
}

function documentOf(shown: Shown) {
  const { source, offset, ledger, inspection } = shown
  const moves = ledger.map(({ atMs, by, from, to, why }) => ({ at: new Date(atMs).toISOString(), by, from, to, why }))
  const loss = lossIn(shown)
  return {
    version: 1,
    source,
    offset: offsetDocument(offset),
    opens: inspection === null ? null : opensDocument(inspection),
    lost: loss === null ? null : lossDocument(loss),
    ledger: moves,
  }
}

/** `can` is yes, no or unknown. It is unknown with a code if the inspection itself failed. */
function opensDocument({ state, error }: NonNullable<Shown['inspection']>) {
  if (state === null) return { can: 'unknown', code: error?.code ?? null, why: error?.message ?? '' }
  const { resume } = state
  switch (resume.can) {
    case 'yes':
      return { can: resume.can, code: null, why: resume.why }
    case 'no':
      return { can: resume.can, code: resume.code, why: lostPosition(resume).message }
    case 'unknown':
      return { can: resume.can, code: null, why: `it cannot be seen without: ${resume.fix.text}` }
    default:
      return unreachable(resume)
  }
}

function textOf(shown: Shown, context: CommandContext, style: Style): string {
  const width = Math.min(context.stdout.columns, 100)
  const { timeZone } = context
  const { ledger, source, short } = shown
  const nowMs = context.clock.nowMs()
  const timeOf = localTimes(timeZone)
  const loss = lossIn(shown)
  const lines = [...offsetLines(shown, context, width, style)]
  if (loss !== null)
    lines.push('', ...lossLines(loss, { nowMs, width, style, timeZone, script: context.scripts.of(source) }))
  if (ledger.length > 0) lines.push('', style.bold('What moved it, newest first:'))
  for (const { atMs, by, from, to, why } of ledger) {
    const time = timeOf(atMs, nowMs)
    lines.push(
      `  ${style.dim(time)}  ${by.padEnd(8)}  ${from === null ? '(none)' : short(from)} -> ${to === null ? '(none)' : short(to)}`,
    )
    lines.push(labelled('    ', why, width))
  }
  if (shown.hasOlder) lines.push(style.dim(`Older moves: offbeat offsets show ${source} --last 20, or --all`))
  return `${lines.join('\n')}\n`
}

function opensLine({ inspection }: Shown, width: number, style: Style): readonly string[] {
  if (inspection === null) return []
  const { can, code, why } = opensDocument(inspection)
  const words = `${can === 'yes' ? style.green(can) : style.red(can)}: ${why}${code === null ? '' : ` (${code})`}`
  return [labelled('  opens      ', scrub(words), width)]
}

function offsetLines(shown: Shown, context: CommandContext, width: number, style: Style): readonly string[] {
  const { source, offset, runner, short } = shown
  const nowMs = context.clock.nowMs()
  const running = labelled(
    '  connector  ',
    runner === null ? 'not running' : `running in ${ownerInWords(runner, { nowMs, timeZone: context.timeZone })}`,
    width,
  )
  if (offset === null) return [`${style.bold(source)} has no stored offset.`, running]
  const { position, server, moved } = offset
  const age = timeInWords(Math.max(0, nowMs - moved.atMs))
  const identity = Object.entries(server ?? {}).map(([name, value]) => `${name} ${value}`)
  return [
    `The offset of ${style.bold(source)} is ${style.bold(short(position))}.`,
    labelled('  stored     ', `${age} ago, by ${moved.by}: ${moved.why}`, width),
    labelled('  server     ', identity.length === 0 ? 'not known' : identity.join(', '), width),
    running,
    ...opensLine(shown, width, style),
  ]
}
