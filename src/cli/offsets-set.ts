import type { Config, ConfiguredSource } from '../config/config.ts'
import { OffbeatError } from '../model/error.ts'
import type { Offset } from '../model/offset.ts'
import type { Position } from '../model/position.ts'
import { unreachable } from '../model/unreachable.ts'
import { storePath } from '../sinks/registry.ts'
import type { Probe, SourceDefinition } from '../sources/source.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import { ownerOf } from '../sqlite/owner.ts'
import type { CommandContext, CommandInput, ExitCode } from './command.ts'
import { definitionOf, openConfig, sourceNamed } from './configuration.ts'
import { confirm } from './confirm.ts'
import { offsetDocument } from './offsets-list.ts'
import { openOwnedSink, openStoreReader, ownerInWords } from './store-access.ts'
import { usageError } from './usage-error.ts'

export interface Target {
  readonly config: Config
  readonly source: ConfiguredSource
  readonly stored: Offset | null
}

export async function setOffset(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const given = input.words[1] ?? null
  const fromSlot = input.options['fromSlot'] === true
  if ((given === null) !== fromSlot) {
    throw usageError('Give a position, or --from-slot, and not both.', {
      fix: ['offbeat offsets set SOURCE POSITION', 'offbeat offsets set SOURCE --from-slot'],
    })
  }
  const target = await openTarget(input, context)
  const definition = await definitionOf(target.source)
  const position = given === null ? null : definition.positions.parse(given)
  const offset = await newOffset(target, definition, position, context)
  const what = `The offset of ${target.source.name} will be set from ${target.stored?.position ?? '(none)'} to ${offset.position}.`
  if (!(await confirm(input, context, what, costOf(target.stored, offset, definition)))) return 1
  await using open = await openOwnedSink(target.config, 'offbeat offsets set', context)
  await open.store.setOffset(target.source.name, offset)
  sayDone(input, context, target.source.name, offset)
  return 0
}

export async function resetOffset(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const target = await openTarget(input, context)
  const { source, stored, config } = target
  if (stored === null) {
    sayDone(input, context, source.name, null)
    return 0
  }
  const what = `The offset of ${source.name}, ${stored.position}, will be forgotten.`
  const cost =
    'The next run starts as if for the first time: changes between this offset and then are not delivered, and a place that ' +
    'the server still keeps for us (a slot) is not taken by itself: drop it, or use `offsets set --from-slot`.'
  if (!(await confirm(input, context, what, cost))) return 1
  await using open = await openOwnedSink(config, 'offbeat offsets reset', context)
  await open.store.resetOffset(source.name, `reset by the operator with \`offsets reset\`; it was ${stored.position}`)
  sayDone(input, context, source.name, null)
  return 0
}

/** Refuses early while a connector runs, before anybody is asked; opening the store for writing refuses again. */
export async function openTarget(input: CommandInput, context: CommandContext): Promise<Target> {
  const config = await openConfig(input, context)
  const source = sourceNamed(config, input.words[0] ?? '')
  refuseWhileRunning(config, source.name)
  using reader = openStoreReader(config)
  return { config, source, stored: reader?.offset(source.name) ?? null }
}

export function refuseWhileRunning(config: Config, source: string): void {
  const owner = ownerOf(storePath(config.sink))
  if (owner !== null) {
    throw new OffbeatError('STORE_OWNED', {
      message: `The offset of ${source} cannot be changed while the connector runs.`,
      found: `${ownerInWords(owner, { nowMs: 0, timeZone: 'UTC' })} (${owner.command})`,
      expected: 'no process on this store',
      fix: [`kill ${owner.pid}   # on ${owner.host}; it stops cleanly`],
    })
  }
}

/** With the server's identity, so that `run` can tell another server; hence the look at the database. */
async function newOffset(
  { config, source, stored }: Target,
  definition: SourceDefinition<SourceConfig>,
  position: Position | null,
  context: CommandContext,
): Promise<Offset> {
  const log = (await context.openLog(config.log.level)).child({ source: source.name })
  await using probe = await definition.probe(source.config, { source: source.name, log, clock: context.clock })
  if (position === null) return await placeOf(probe, source, context)
  const state = await probe.inspect(null, context.signal)
  const why = `set by the operator with \`offsets set\`; it was ${stored?.position ?? 'none'}`
  return {
    position,
    server: state.server,
    memory: {},
    moved: { by: 'operator', why, atMs: context.clock.nowMs() },
  }
}

async function placeOf(probe: Probe, source: ConfiguredSource, context: CommandContext): Promise<Offset> {
  if (probe.place !== undefined) return await probe.place(context.signal)
  throw usageError(`A server of kind ${source.kind} keeps no place for its readers; give a position.`)
}

function costOf(stored: Offset | null, offset: Offset, definition: SourceDefinition<SourceConfig>): string {
  if (stored === null) return 'Nothing was stored so far: changes before the new offset are not delivered.'
  const order = definition.positions.compare(offset.position, stored.position)
  switch (order) {
    case 'before':
      return 'It is before the stored one: changes between the two are delivered again, if the server still has them.'
    case 'after':
      return 'It is after the stored one: changes between the two are NEVER delivered.'
    case 'same':
      return 'It is the stored one: nothing is skipped or delivered again.'
    case 'unordered':
      return 'It cannot be compared with the stored one: changes may be skipped, or delivered again.'
    default:
      return unreachable(order)
  }
}

export function sayDone(input: CommandInput, context: CommandContext, source: string, offset: Offset | null): void {
  if (input.common.json) {
    context.stdout.write(`${JSON.stringify({ version: 1, source, offset: offsetDocument(offset) })}\n`)
  } else {
    context.stdout.write(
      offset === null ? `${source} has no stored offset now.\n` : `${source} stands at ${offset.position} now.\n`,
    )
  }
}
