import { openStoreReader } from '../../app/store-access.ts'
import type { Config } from '../../config/config.ts'
import { timeInWords } from '../../model/figures.ts'
import type { StoredOffset } from '../../model/offset.ts'
import { shortPosition } from '../../model/position.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig } from '../program/configuration.ts'
import { textTable } from '../terminal/text-layout.ts'

/** Lists the sources of the configuration, and those that exist only in the store. */
export async function listOffsets(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const config = await openConfig(input, context)
  using reader = openStoreReader(config)
  const names = new Set([...config.sources.map((source) => source.name), ...(reader?.sources() ?? [])])
  const offsets = [...names].map((source) => ({ source, offset: reader?.offset(source) ?? null }))
  const short = shortPositions(config)
  if (input.common.json) {
    const documents = offsets.map(({ source, offset }) => ({ source, offset: offsetDocument(offset) }))
    context.stdout.write(`${JSON.stringify({ version: 1, offsets: documents })}\n`)
    return 0
  }
  const rows = offsets.map(({ source, offset }) => [source, ...rowOf(offset, short(source), context.clock.nowMs())])
  context.stdout.write(`${textTable(['source', 'position', 'stored', 'moved by'], rows).join('\n')}\n`)
  return 0
}

function rowOf(offset: StoredOffset | null, short: (position: string) => string, nowMs: number): readonly string[] {
  if (offset === null) return ['none yet', '', '']
  return [short(offset.position), `${timeInWords(Math.max(0, nowMs - offset.moved.atMs))} ago`, offset.moved.by]
}

/** How people read the positions of a source. A source that is only in the store has a kind that is not known. */
export function shortPositions({ sources }: Pick<Config, 'sources'>) {
  return (name: string) => {
    const positions = sources.find((source) => source.name === name)?.definition.positions
    return (position: string) => (positions === undefined ? position : shortPosition(position, positions))
  }
}

export function offsetDocument(offset: StoredOffset | null) {
  if (offset === null) return null
  const { position, server, moved, memory } = offset
  const storedAt = new Date(moved.atMs).toISOString()
  return { position, storedAt, movedBy: moved.by, why: moved.why, server, memory }
}
