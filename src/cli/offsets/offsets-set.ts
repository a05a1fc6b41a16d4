import { openOwnedSink, openStoreReader } from '../../app/store-access.ts'
import type { Config, ConfiguredSource } from '../../config/config.ts'
import { OffbeatError } from '../../model/error.ts'
import { forPerson, inShell } from '../../model/fix.ts'
import { type StoredOffset, storedOffset } from '../../model/offset.ts'
import type { Position } from '../../model/position.ts'
import { unreachable } from '../../model/unreachable.ts'
import { storePath } from '../../sinks/registry.ts'
import { missingPart } from '../../sources/missing-part.ts'
import type { KeptPosition, Probe, SourceDefinition } from '../../sources/source.ts'
import type { SourceConfig } from '../../sources/source-config.ts'
import { ownerOf } from '../../sqlite/owner.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig, sourceNamed } from '../program/configuration.ts'
import { usageError } from '../program/usage-error.ts'
import { confirm } from '../terminal/confirm.ts'
import { ownerInWords } from '../terminal/owner-words.ts'
import { offsetDocument } from './offsets-list.ts'

export interface Target {
  readonly config: Config
  readonly source: ConfiguredSource
  readonly stored: StoredOffset | null
}

export async function setOffset(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const given = input.words[1] ?? null
  const fromSlot = input.options['fromSlot'] === true
  if ((given === null) !== fromSlot) {
    throw usageError('Give a position, or --from-slot, and not both.', {
      fix: [inShell('offbeat offsets set SOURCE POSITION'), inShell('offbeat offsets set SOURCE --from-slot')],
    })
  }
  const target = await openTarget(input, context)
  const { definition } = target.source
  const position = given === null ? null : definition.positions.parse(given)
  const { offset, reader } = await newOffset(target, position, context)
  const { stored, source } = target
  const what =
    stored === null
      ? `${source.name} starts at ${offset.position}; earlier changes will not be delivered.`
      : `The offset of ${source.name} changes from ${stored.position} to ${offset.position}.`
  if (reader !== null) refuseUnseenReader(reader, input)
  if (!(await confirm(input, context, what, stored === null ? '' : costOf(stored, offset, definition)))) return 1
  if (reader !== null && !(await confirmReader(reader, input, context))) return 1
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
  const what = `The stored offset of ${source.name}, ${stored.position}, will be deleted.`
  const cost =
    'The next run starts as if for the first time: changes between this offset and that start are not delivered. ' +
    'What the server keeps for the source, such as a replication slot, is not used automatically: drop it, or run `offbeat offsets set --from-slot`.'
  if (!(await confirm(input, context, what, cost))) return 1
  await using open = await openOwnedSink(config, 'offbeat offsets reset', context)
  await open.store.resetOffset(source.name, `reset by the operator with \`offsets reset\`; it was ${stored.position}`)
  sayDone(input, context, source.name, null)
  return 0
}

/** Refuses while a connector runs, before any question is asked. Opening the store for writing checks this again. */
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
      fix: [inShell(`kill ${owner.pid}`, { note: `on ${owner.host}; it stops cleanly; start it again afterwards` })],
    })
  }
}

/** A script that passes --yes must also acknowledge the reader. */
function refuseUnseenReader(reader: string, input: CommandInput): void {
  if (input.options['yes'] !== true || input.options['despiteReader'] === true) return
  throw new OffbeatError('CONFIRMATION_NEEDED', {
    message: `Not run: ${reader}.`,
    found: reader,
    expected: 'a position that no client reads from, or --despite-reader with --yes',
    fix: [
      forPerson('stop that reader, then run the command again'),
      forPerson('or, if this is intended, add --despite-reader'),
    ],
  })
}

async function confirmReader(reader: string, input: CommandInput, context: CommandContext): Promise<boolean> {
  const yes = input.options['despiteReader'] === true
  const cost =
    'The server gives each change to one reader: what that client acknowledges from now on is not delivered to this source, ' +
    'and when it moves the position on the server past this offset, the source stops.'
  return await confirm({ ...input, options: { ...input.options, yes } }, context, `${reader}.`, cost)
}

interface NewOffset {
  readonly offset: StoredOffset
  /** The client that reads from the server's position. null: no client does, or the position was given. */
  readonly reader: string | null
}

/** The server's identity and the memory come from the database. With them, `run` recognizes another server and knows the tables. */
async function newOffset(
  { config, source, stored }: Target,
  given: Position | null,
  context: CommandContext,
): Promise<NewOffset> {
  const { clock, signal } = context
  const log = (await context.openLog(config.log.level)).child({ source: source.name })
  await using probe = await source.definition.probe(source.config, { source: source.name, log, clock })
  if (probe.offsetAt === undefined) throw missingPart('reader', source.kind, `cannot set an offset of ${source.name}`)
  const { position, why, reader } =
    given === null ? await keptPosition(probe, source, signal) : { ...byOperator(given, stored), reader: null }
  const content = await probe.offsetAt(position, stored, signal)
  const moved = { by: 'operator', why, atMs: clock.nowMs() } as const
  return { offset: storedOffset({ position, ...content, moved }, source.definition.positions), reader }
}

function byOperator(position: Position, stored: StoredOffset | null) {
  return { position, why: `set by the operator with \`offsets set\`; it was ${stored?.position ?? 'none'}` }
}

async function keptPosition(probe: Probe, { kind }: ConfiguredSource, signal: AbortSignal): Promise<KeptPosition> {
  if (probe.keptPosition !== undefined) return await probe.keptPosition(signal)
  throw usageError(`A server of kind ${kind} keeps no position for its readers; give a position.`)
}

function costOf(stored: StoredOffset, offset: StoredOffset, { positions }: SourceDefinition<SourceConfig>): string {
  const order = positions.compare(positions.parse(offset.position), positions.parse(stored.position))
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

export function sayDone(
  input: CommandInput,
  context: CommandContext,
  source: string,
  offset: StoredOffset | null,
): void {
  if (input.common.json) {
    context.stdout.write(`${JSON.stringify({ version: 1, source, offset: offsetDocument(offset) })}\n`)
  } else {
    context.stdout.write(
      offset === null
        ? `${source} now has no stored offset.\n`
        : `The offset of ${source} is now ${offset.position}.\n`,
    )
  }
}
