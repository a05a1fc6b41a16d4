import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { inspect } from '../../app/inspection.ts'
import { openOwnedSink, openStoreReader } from '../../app/store-access.ts'
import type { Config, ConfiguredSource } from '../../config/config.ts'
import { type ExportedOffset, offsetOf, parseOffsetDocument } from '../../config/offset-document.ts'
import { lostPosition } from '../../connector/lost-position.ts'
import { OffbeatError } from '../../model/error.ts'
import { inShell } from '../../model/fix.ts'
import type { LogState } from '../../model/log-state.ts'
import type { StoredOffset } from '../../model/offset.ts'
import { unreachable } from '../../model/unreachable.ts'
import type { SourceDefinition } from '../../sources/source.ts'
import type { SourceConfig } from '../../sources/source-config.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig, sourceNamed } from '../program/configuration.ts'
import { textOption } from '../program/option-value.ts'
import { usageError } from '../program/usage-error.ts'
import { confirm } from '../terminal/confirm.ts'
import { offsetDocument } from './offsets-list.ts'
import { refuseWhileRunning } from './offsets-set.ts'

interface Import {
  readonly source: ConfiguredSource
  readonly stored: StoredOffset | null
  readonly offset: StoredOffset
  /** What needs the user's confirmation first. Empty: nothing does. */
  readonly doubts: readonly string[]
}

/** Checks every offset of the import before it sets the first one. */
export async function importOffsets(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const file = textOption(input, 'file')
  if (file === null)
    throw usageError('Which document? Give --file FILE.', {
      fix: [inShell('offbeat offsets import --file offsets.json')],
    })
  const config = await openConfig(input, context)
  const document = parseOffsetDocument(read(resolve(context.workingDirectory, file)), file)
  const imports: Import[] = []
  for (const each of wanted(document.offsets, input.words[0] ?? null, config, file)) {
    imports.push(await prepare(each, config, `${file}, exported at ${document.exportedAt}`, context))
  }
  refuseWhileRunning(config, imports.map(({ source }) => source.name).join(', '))
  const changes = imports.filter(({ stored, offset }) => stored?.position !== offset.position)
  const doubts = changes.flatMap(({ source, doubts: own }) => own.map((doubt) => `${source.name}: ${doubt}`))
  const what = changes.map(inWords).join('\n')
  if (doubts.length > 0 && !(await confirm(input, context, what, doubts.join('\n')))) return 1
  if (changes.length > 0) {
    await using open = await openOwnedSink(config, 'offbeat offsets import', context)
    for (const { source, offset } of changes) await open.store.setOffset(source.name, offset)
  }
  say(imports, input, context)
  return 0
}

function inWords({ source, stored, offset }: Import): string {
  return stored === null
    ? `${source.name} starts at ${offset.position}; earlier changes will not be delivered.`
    : `The offset of ${source.name} changes from ${stored.position} to ${offset.position}.`
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    const found = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown reason'
    throw usageError(`The file ${path} cannot be read.`, { found, expected: 'what `offbeat offsets export` wrote' })
  }
}

function wanted(
  offsets: readonly ExportedOffset[],
  name: string | null,
  config: Config,
  file: string,
): readonly ExportedOffset[] {
  if (name === null) return offsets
  const found = offsets.filter(({ source }) => source === sourceNamed(config, name).name)
  if (found.length > 0) return found
  const found_ = `offsets of ${offsets.map(({ source }) => source).join(', ')}`
  throw usageError(`${file} has no offset of ${name}.`, { found: found_ })
}

async function prepare(given: ExportedOffset, config: Config, from: string, context: CommandContext): Promise<Import> {
  const source = sourceNamed(config, given.source)
  if (given.kind !== null && given.kind !== source.kind) {
    throw new OffbeatError('OFFSET_DOCUMENT_INVALID', {
      message: `the offset of ${source.name} comes from another kind of database`,
      found: given.kind,
      expected: source.kind,
    })
  }
  const { definition } = source
  using reader = openStoreReader(config)
  const stored = reader?.offset(source.name) ?? null
  const why = `imported by the operator with \`offsets import\` from ${from}; it was ${stored?.position ?? 'none'}`
  const offset = offsetOf(given, definition.positions, { by: 'operator', why, atMs: context.clock.nowMs() })
  // The offset is judged by the time when it was stored, not by the time of the import.
  const judged = { ...offset, moved: { ...offset.moved, atMs: Date.parse(given.offset.storedAt) } }
  const { state, error } = await inspect(source, config, () => judged, context)
  const doubts = [...openingDoubts(offset, state, error), ...orderDoubts(offset, stored, definition)]
  return { source, stored, offset, doubts }
}

/** Throws if the offset is known to be lost or to belong to another server. */
function openingDoubts(offset: StoredOffset, state: LogState | null, error: OffbeatError | null): readonly string[] {
  if (state === null)
    return [
      `whether it can be opened is not known, because the database could not be inspected (${error?.code ?? 'no reason'}): ${error?.message ?? ''}`,
    ]
  if (state.resume.can === 'no') throw lostPosition(state.resume)
  if (state.resume.can === 'unknown')
    return [`whether it can be opened is not known; ${state.resume.fix.text} would show it`]
  return offset.server === null
    ? ['the document does not name the server that it comes from: on another server the position would be wrong']
    : []
}

function orderDoubts(
  offset: StoredOffset,
  stored: StoredOffset | null,
  { positions }: SourceDefinition<SourceConfig>,
): readonly string[] {
  if (stored === null) return []
  const order = positions.compare(positions.parse(offset.position), positions.parse(stored.position))
  switch (order) {
    case 'before':
      return [`it is before the stored one, ${stored.position}: changes between the two are delivered AGAIN`]
    case 'after':
      return [
        `it is after the stored one, ${stored.position}: changes between the two are NEVER delivered, unless another store has delivered them`,
      ]
    case 'unordered':
      return ['it cannot be compared with the stored one: changes may be skipped, or delivered again']
    case 'same':
      return []
    default:
      return unreachable(order)
  }
}

function say(imports: readonly Import[], input: CommandInput, context: CommandContext): void {
  if (input.common.json) {
    const offsets = imports.map(({ source, offset }) => ({ source: source.name, offset: offsetDocument(offset) }))
    context.stdout.write(`${JSON.stringify({ version: 1, offsets })}\n`)
    return
  }
  for (const { source, offset } of imports)
    context.stdout.write(`The offset of ${source.name} is now ${offset.position}.\n`)
}
