import { dirname, join, resolve } from 'node:path'
import { openOwnedSink } from '../../app/store-access.ts'
import { envelopeSource } from '../../connector/envelope-source.ts'
import { lostPosition } from '../../connector/lost-position.ts'
import { walkToUndecodable } from '../../connector/undecodable-walk.ts'
import { OffbeatError } from '../../model/error.ts'
import { inShell } from '../../model/fix.ts'
import type { MessageLimit } from '../../model/message.ts'
import { parsedOffset, type StoredOffset } from '../../model/offset.ts'
import type { Position } from '../../model/position.ts'
import { storePath } from '../../sinks/registry.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { textOption } from '../program/option-value.ts'
import { usageError } from '../program/usage-error.ts'
import { confirm } from '../terminal/confirm.ts'
import { openTarget, sayDone, type Target } from './offsets-set.ts'
import { SavedTransaction } from './saved-transaction.ts'

interface Skip {
  readonly target: Target
  readonly stored: StoredOffset
  readonly transaction: string
  readonly file: string
  readonly messageLimit: MessageLimit | undefined
}

/** Owns the store from before the search until the offset is set, so that no connector can start in between. */
export async function skipTransaction(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const transaction = textOption(input, 'transaction')
  const unreadable = input.options['unreadable'] === true
  if (unreadable && transaction === null) return await skipUnreadable(input, context)
  if (transaction === null || unreadable) {
    throw usageError('Give either --transaction ID or --unreadable.', {
      expected: 'the command that `offbeat run` printed when it stopped',
      fix: [inShell('offbeat run', { note: 'stops at it, and prints the whole command' })],
    })
  }
  const target = await openTarget(input, context)
  const { source, stored, config } = target
  if (stored === null) throw usageError(`${source.name} has no stored offset, so there is nothing to skip.`)
  await using open = await openOwnedSink(config, 'offbeat offsets skip', context)
  const file = savePath(input, context, target, stored, transaction)
  const saved = new SavedTransaction(file, transaction)
  try {
    const { messageLimit } = open.sink
    const error = await find({ target, stored, transaction, file, messageLimit }, saved, context)
    const end = saved.finish(error)
    const what = `The offset of ${source.name} changes from ${stored.position} to ${end.position}, past the transaction ${transaction}: ${error.message}`
    if (!(await confirm(input, context, what, saved.cost()))) return 1
    const why = `the transaction ${transaction} could not be delivered (${error.code}) and was skipped by the operator with \`offsets skip\`; its raw bytes are in ${file}`
    const moved = { by: 'operator', why, atMs: context.clock.nowMs() } as const
    const offset = { ...stored, ...end, moved }
    await open.store.setOffset(source.name, offset)
    saved.keep()
    sayDone(input, context, source.name, offset)
    if (!input.common.json) context.stdout.write(saved.summary())
    return 0
  } finally {
    saved[Symbol.dispose]()
  }
}

/** Skips a part of the log that the server cannot send, so none of it can be saved. */
async function skipUnreadable(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const target = await openTarget(input, context)
  const { source, stored, config } = target
  if (stored === null) throw usageError(`${source.name} has no stored offset, so there is nothing to skip.`)
  const { definition } = source
  if (definition.passUnreadable === undefined)
    throw usageError(`The log of a source of kind ${source.kind} is always readable.`)
  await using open = await openOwnedSink(config, 'offbeat offsets skip', context)
  const log = (await context.openLog(config.log.level)).child({ source: source.name })
  const about = { source: source.name, log, clock: context.clock }
  const { positions } = definition
  const stretch = { from: positions.parse(stored.position), head: await headOf({ target, stored }, context) }
  const passage = await definition.passUnreadable(source.config, about, stretch, context.signal)
  const position = positions.text(passage.position)
  const count = passage.transactions === 1 ? 'one transaction' : `${passage.transactions} transactions`
  const what = `The offset of ${source.name} changes from ${stored.position} to ${position}, past ${count} that the server cannot send.`
  const more = passage.more ? ' What follows cannot be sent either: run this command again.' : ''
  if (!(await confirm(input, context, what, `Their changes are NEVER delivered, and cannot be saved.${more}`))) return 1
  const why = `${count} that the server could not send were skipped by the operator with \`offsets skip --unreadable\``
  const moved = { by: 'operator', why, atMs: context.clock.nowMs() } as const
  const offset = { ...stored, position, moved }
  await open.store.setOffset(source.name, offset)
  sayDone(input, context, source.name, offset)
  return 0
}

function savePath(
  input: CommandInput,
  context: CommandContext,
  { source, config }: Target,
  stored: StoredOffset,
  transaction: string,
): string {
  const given = textOption(input, 'save')
  if (given !== null) return resolve(context.workingDirectory, given)
  const name = `${source.name}-${transaction}-after-${stored.position}.skipped.jsonl`
  return join(dirname(storePath(config.sink)), name.replaceAll(/[^A-Za-z0-9._-]/gu, '_'))
}

async function find(skip: Skip, saved: SavedTransaction, context: CommandContext): Promise<OffbeatError> {
  const { target, stored, transaction, messageLimit } = skip
  const { source, config } = target
  const { definition } = source
  if (definition.rawReader === undefined) throw usageError(`Sources of kind ${source.kind} cannot skip.`)
  const log = (await context.openLog(config.log.level)).child({ source: source.name })
  const about = { source: source.name, log, clock: context.clock }
  const head = await headOf(skip, context)
  saved.open({ source: source.name, kind: source.kind, server: stored.server, after: stored.position })
  await using reader = await definition.rawReader(
    source.config,
    about,
    (message) => saved.take(message),
    context.signal,
  )
  return await walkToUndecodable(
    {
      source: envelopeSource(source, context.version),
      messageLimit,
      positions: definition.positions,
      clock: context.clock,
      reader,
      from: parsedOffset(stored, definition.positions),
      head,
      transaction,
    },
    context.signal,
  )
}

async function headOf({ target, stored }: Pick<Skip, 'target' | 'stored'>, context: CommandContext): Promise<Position> {
  const { source, config } = target
  const log = (await context.openLog(config.log.level)).child({ source: source.name })
  const { definition } = source
  await using probe = await definition.probe(source.config, { source: source.name, log, clock: context.clock })
  const offset = parsedOffset(stored, definition.positions)
  const { head, resume } = await probe.inspect(() => offset, context.signal)
  if (resume.can === 'no') throw lostPosition(resume)
  if (head.position !== null) return head.position
  throw new OffbeatError('SKIP_REFUSED', {
    message: `cannot search the log of ${source.name}: its end, ${head.shown}, cannot be compared with an offset`,
  })
}
