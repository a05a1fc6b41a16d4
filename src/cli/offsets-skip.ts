import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { lostPosition } from '../connector/lost-position.ts'
import { walkToUndecodable } from '../connector/undecodable-walk.ts'
import { createPrivateFile, PRIVATE_FILE_MODE } from '../files/private-file.ts'
import { OffbeatError } from '../model/error.ts'
import { bytesInWords } from '../model/figures.ts'
import type { Offset } from '../model/offset.ts'
import type { Position } from '../model/position.ts'
import { storePath } from '../sinks/registry.ts'
import type { RawMessage } from '../sources/raw-log.ts'
import type { CommandContext, CommandInput, ExitCode } from './command.ts'
import { definitionOf } from './configuration.ts'
import { confirm } from './confirm.ts'
import { openTarget, sayDone, type Target } from './offsets-set.ts'
import { textOption } from './option-value.ts'
import { openOwnedSink } from './store-access.ts'
import { usageError } from './usage-error.ts'

interface Skip {
  readonly target: Target
  readonly stored: Offset
  readonly transaction: string
  readonly file: string
}

/** The store is ours from before the search until the offset is set, so no connector can begin meanwhile. */
export async function skipTransaction(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const transaction = textOption(input, 'transaction')
  const unreadable = input.options['unreadable'] === true
  if (unreadable && transaction === null) return await skipUnreadable(input, context)
  if (transaction === null || unreadable) {
    throw usageError('What is to be skipped? Give either --transaction ID or --unreadable.', {
      expected: 'what the run that stopped there prints',
      fix: ['offbeat run   # stops at it, and prints the whole command'],
    })
  }
  const target = await openTarget(input, context)
  const { source, stored, config } = target
  if (stored === null) throw usageError(`${source.name} has no stored offset, so there is nothing to go past.`)
  await using open = await openOwnedSink(config, 'offbeat offsets skip', context)
  const file = savePath(input, context, target, stored, transaction)
  const saved = new SavedTransaction(file, transaction)
  try {
    const error = await find({ target, stored, transaction, file }, saved, context)
    const end = saved.finish(error.code)
    const what = `The offset of ${source.name} changes from ${stored.position} to ${end}, past the transaction ${transaction}: ${error.message}`
    if (!(await confirm(input, context, what, saved.cost()))) return 1
    const why = `the transaction ${transaction} could not be decoded (${error.code}) and was skipped by the operator with \`offsets skip\`; its raw bytes are in ${file}`
    const moved = { by: 'operator', why, atMs: context.clock.nowMs() } as const
    const offset = { ...stored, position: end, moved }
    await open.store.setOffset(source.name, offset)
    saved.keep()
    sayDone(input, context, source.name, offset)
    if (!input.common.json) context.stdout.write(`The raw bytes of transaction ${transaction} are in ${file}.\n`)
    return 0
  } finally {
    saved[Symbol.dispose]()
  }
}

/** Past what the server cannot send: so nothing of it can be saved. */
async function skipUnreadable(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const target = await openTarget(input, context)
  const { source, stored, config } = target
  if (stored === null) throw usageError(`${source.name} has no stored offset, so there is nothing to go past.`)
  const definition = await definitionOf(source)
  if (definition.passUnreadable === undefined)
    throw usageError(`Sources of kind ${source.kind} have no log that the server cannot send.`)
  await using open = await openOwnedSink(config, 'offbeat offsets skip', context)
  const log = (await context.openLog(config.log.level)).child({ source: source.name })
  const about = { source: source.name, log, clock: context.clock }
  const stretch = { from: stored.position, head: await headOf({ target, stored }, context) }
  const passage = await definition.passUnreadable(source.config, about, stretch, context.signal)
  const count = passage.transactions === 1 ? 'one transaction' : `${passage.transactions} transactions`
  const what = `The offset of ${source.name} changes from ${stored.position} to ${passage.position}, past ${count} that the server cannot send.`
  const more = passage.more ? ' What follows cannot be sent either: run it again.' : ''
  if (!(await confirm(input, context, what, `What they did is NEVER delivered, and cannot be saved.${more}`))) return 1
  const why = `${count} that the server could not send were skipped by the operator with \`offsets skip --unreadable\``
  const moved = { by: 'operator', why, atMs: context.clock.nowMs() } as const
  const offset = { ...stored, position: passage.position, moved }
  await open.store.setOffset(source.name, offset)
  sayDone(input, context, source.name, offset)
  return 0
}

function savePath(
  input: CommandInput,
  context: CommandContext,
  { source, config }: Target,
  stored: Offset,
  transaction: string,
): string {
  const given = textOption(input, 'save')
  if (given !== null) return resolve(context.workingDirectory, given)
  const name = `${source.name}-${transaction}-after-${stored.position}.skipped.jsonl`
  return join(dirname(storePath(config.sink)), name.replaceAll(/[^A-Za-z0-9._-]/gu, '_'))
}

async function find(skip: Skip, saved: SavedTransaction, context: CommandContext): Promise<OffbeatError> {
  const { target, stored, transaction } = skip
  const { source, config } = target
  const definition = await definitionOf(source)
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
      source: {
        name: source.name,
        connector: source.kind,
        version: context.version,
        placeFields: definition.placeFields,
      },
      positions: definition.positions,
      clock: context.clock,
      reader,
      from: stored,
      head,
      transaction,
    },
    context.signal,
  )
}

async function headOf({ target, stored }: Pick<Skip, 'target' | 'stored'>, context: CommandContext): Promise<Position> {
  const { source, config } = target
  const log = (await context.openLog(config.log.level)).child({ source: source.name })
  const definition = await definitionOf(source)
  await using probe = await definition.probe(source.config, { source: source.name, log, clock: context.clock })
  const { head, resume } = await probe.inspect(stored, context.signal)
  if (resume.can === 'no') throw lostPosition(resume)
  return head.position
}

/**
 * The messages of one transaction as they came, one a line in base64 under a head that says what they are. The file is for its owner's
 * eyes: it holds rows. Disposing removes it unless it was kept.
 */
class SavedTransaction implements Disposable {
  readonly #file: string
  readonly #transaction: string
  readonly #changes = new Map<string, number>()
  #descriptor: number | null = null
  #made = false
  #kept = false
  #messages = 0
  #bytes = 0
  #end: Position | null = null
  #head: object = {}

  constructor(file: string, transaction: string) {
    this.#file = file
    this.#transaction = transaction
  }

  open(head: { source: string; kind: string; server: Offset['server']; after: Position }): void {
    try {
      this.#descriptor = createPrivateFile(this.#file)
    } catch (thrown) {
      const found = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown reason'
      throw usageError(`The raw bytes cannot be saved in ${this.#file}.`, {
        found,
        expected: 'a new file in a folder that can be written',
        fix: [found === 'EEXIST' ? `mv ${this.#file} ${this.#file}.old` : `ls -ld ${dirname(this.#file)}`],
      })
    }
    this.#made = true
    this.#head = { version: 1, transaction: this.#transaction, ...head }
    this.#line(this.#head)
  }

  take({ bytes, transaction, begins, change, end }: RawMessage): void {
    if (transaction !== this.#transaction || this.#end !== null) return
    if (begins && this.#messages > 0) this.#anew()
    this.#line({ message: bytes.toString('base64') })
    this.#messages++
    this.#bytes += bytes.length
    this.#end = end
    if (change === null) return
    const name = `${change.table} ${change.op}`
    this.#changes.set(name, (this.#changes.get(name) ?? 0) + 1)
  }

  /** Where the transaction ends. */
  finish(code: string): Position {
    if (this.#end === null) throw new OffbeatError('DEFECT', { message: 'a transaction without an end was saved' })
    this.#line({ end: this.#end, error: code })
    this.#close()
    return this.#end
  }

  cost(): string {
    const changes = [...this.#changes].map(([name, count]) => `${name} ${count}`)
    const lost = changes.length === 0 ? 'no change that can be told' : changes.join(', ')
    return `What it did is NEVER delivered: ${lost}. Its raw bytes (${this.#messages} messages, ${bytesInWords(this.#bytes)}) are saved in ${this.#file}, which holds values of rows.`
  }

  keep(): void {
    this.#kept = true
  }

  [Symbol.dispose](): void {
    this.#close()
    if (this.#made && !this.#kept) rmSync(this.#file, { force: true })
  }

  #anew(): void {
    this.#close()
    this.#descriptor = openSync(this.#file, 'w', PRIVATE_FILE_MODE)
    this.#changes.clear()
    this.#messages = this.#bytes = 0
    this.#line(this.#head)
  }

  #line(document: object): void {
    if (this.#descriptor !== null) writeSync(this.#descriptor, `${JSON.stringify(document)}\n`)
  }

  #close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor)
    this.#descriptor = null
  }
}
