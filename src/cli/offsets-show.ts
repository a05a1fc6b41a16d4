import { timeInWords } from '../health/figures.ts'
import type { LedgerEntry } from '../journal/journal.ts'
import type { Offset } from '../model/offset.ts'
import type { Owner } from '../sqlite/owner.ts'
import type { CommandContext, CommandInput, ExitCode } from './command.ts'
import { openConfig, sourceNamed } from './configuration.ts'
import { offsetDocument } from './offsets-list.ts'
import { countOption } from './option-value.ts'
import { openStoreReader, ownerInWords } from './store-access.ts'
import { type Style, styleFor } from './style.ts'
import { labelled } from './text-layout.ts'

interface Shown {
  readonly source: string
  readonly offset: Offset | null
  readonly ledger: readonly LedgerEntry[]
  readonly owner: Owner | null
}

export async function showOffset(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const limit = countOption(input, 'limit', '--limit') ?? 20
  const config = await openConfig(input, context)
  using reader = openStoreReader(config)
  const name = input.words[0] ?? ''
  // A source that has left the configuration still has its history.
  const source = reader?.sources().includes(name) ? name : sourceNamed(config, name).name
  const shown: Shown = {
    source,
    offset: reader?.offset(source) ?? null,
    ledger: (await reader?.history.ledger(source, limit)) ?? [],
    owner: reader?.owner() ?? null,
  }
  if (input.common.json) context.stdout.write(`${JSON.stringify(documentOf(shown))}\n`)
  else context.stdout.write(textOf(shown, context, styleFor(input.common.color)))
  return 0
}

function documentOf({ source, offset, ledger }: Shown) {
  const moves = ledger.map(({ atMs, by, from, to, why }) => ({ at: new Date(atMs).toISOString(), by, from, to, why }))
  return { version: 1, source, offset: offsetDocument(offset), ledger: moves }
}

function textOf(shown: Shown, context: CommandContext, style: Style): string {
  const width = Math.min(context.stdout.columns, 100)
  const { ledger } = shown
  const lines = [...offsetLines(shown, context.clock.nowMs(), width, style)]
  if (ledger.length > 0) lines.push('', style.bold('What moved it, newest first:'))
  for (const { atMs, by, from, to, why } of ledger) {
    const time = `${new Date(atMs).toISOString().slice(0, 19)}Z`
    lines.push(`  ${style.dim(time)}  ${by.padEnd(8)}  ${from ?? '(none)'} -> ${to ?? '(none)'}`)
    lines.push(labelled('    ', why, width))
  }
  return `${lines.join('\n')}\n`
}

function offsetLines({ source, offset, owner }: Shown, nowMs: number, width: number, style: Style): readonly string[] {
  const running = labelled('  connector  ', owner === null ? 'not running' : `running: ${ownerInWords(owner)}`, width)
  if (offset === null) return [`${style.bold(source)} has no stored offset.`, running]
  const { position, server, moved } = offset
  const age = timeInWords(Math.max(0, nowMs - moved.atMs))
  const identity = Object.entries(server ?? {}).map(([name, value]) => `${name} ${value}`)
  return [
    `${style.bold(source)} stands at ${style.bold(position)}`,
    labelled('  stored     ', `${age} ago, by ${moved.by}: ${moved.why}`, width),
    labelled('  server     ', identity.length === 0 ? 'not known' : identity.join(', '), width),
    running,
  ]
}
