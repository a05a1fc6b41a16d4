import type { StoredMessage } from '../sqlite/message-reader.ts'
import type { StoreReader, TailOptions } from '../sqlite/store-reader.ts'
import type { Command, CommandContext, CommandInput, ExitCode } from './command.ts'
import { localTimes } from './local-time.ts'
import { countOption, durationOption, textOption } from './option-value.ts'
import { type Style, styleFor } from './style.ts'
import { usageError } from './usage-error.ts'

export const tailCommand: Command = {
  name: 'tail',
  summary: 'print messages from the sink, one a line',
  arguments: [{ name: 'source', summary: 'whose messages', required: true }],
  options: [
    { flags: '--topic <topic>', summary: 'of this topic alone' },
    {
      flags: '--from <place>',
      summary: 'all that are kept, or only those to come',
      choices: ['beginning', 'now'],
      default: 'beginning',
    },
    { flags: '--limit <n>', summary: 'end after n messages' },
    { flags: '--idle-exit <duration>', summary: 'end when nothing came for so long' },
  ],
  examples: ['offbeat tail shop --from now', 'offbeat tail shop --topic shop.public.orders --idle-exit 3s --json'],
  run: tail,
}

const POLL_MS = 100

async function tail(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const idleExitMs = durationOption(input, 'idleExit', '--idle-exit')
  const limit = countOption(input, 'limit', '--limit') ?? Number.POSITIVE_INFINITY
  const topic = textOption(input, 'topic')
  using store = await openMessages(input, context)
  const { reader, source } = store
  sayNothingYet(reader, source, topic, context)
  const wait = waiter(idleExitMs, context)
  const from: TailOptions['from'] = input.options['from'] === 'now' ? 'now' : 'beginning'
  const print = input.common.json ? documentOf : lineFor(styleFor(input.common.color), context)
  let count = 0
  for await (const message of reader.tail({ source, topic }, { from, wait: wait.more })) {
    if (context.signal.aborted) break
    context.stdout.write(print(message))
    await context.stdout.drained()
    wait.heard()
    count += 1
    if (count >= limit) break
  }
  return 0
}

async function openMessages(input: CommandInput, context: CommandContext) {
  const { openConfig, sourceNamed } = await import('./configuration.ts')
  const config = await openConfig(input, context)
  const source = sourceNamed(config, input.words[0] ?? '')
  const { sink } = config
  if (sink.kind !== 'sqlite') {
    throw usageError(`The sink ${sink.kind} keeps no messages to print.`, {
      found: `sink: { kind: ${sink.kind} } in ${config.path}`,
      expected: 'sink: { kind: sqlite }',
    })
  }
  const { StoreReader } = await import('../sqlite/store-reader.ts')
  const reader = StoreReader.open(sink.path)
  return { reader, source: source.name, [Symbol.dispose]: () => reader[Symbol.dispose]() }
}

/** Whoever sees nothing come should know why. */
function sayNothingYet(reader: StoreReader, source: string, topic: string | null, { stderr }: CommandContext): void {
  const topics = reader.topics(source).map((one) => one.topic)
  if (topic === null ? topics.length > 0 : topics.includes(topic)) return
  const known = topics.length === 0 ? 'nothing has been delivered yet' : `there are: ${topics.join(', ')}`
  const wait = reader.owner() === null ? 'no connector runs: offbeat run' : 'waits for what comes'
  stderr.write(`No message ${topic === null ? `of ${source}` : `in ${topic}`} yet; ${known}; ${wait}.\n`)
}

/** Looks again every now and then, until it is told to stop or nothing came for `idleExitMs`. */
function waiter(idleExitMs: number | null, { clock, signal }: CommandContext) {
  let heardMs = clock.monotonicMs()
  return {
    heard: () => {
      heardMs = clock.monotonicMs()
    },
    more: async (): Promise<boolean> => {
      if (signal.aborted || (idleExitMs !== null && clock.monotonicMs() - heardMs >= idleExitMs)) return false
      // The only rejection is the wish to stop, which the next look sees.
      await clock.sleep(POLL_MS, signal).catch(() => undefined)
      return !signal.aborted
    },
  }
}

/** Key and value are put in as they are: a number read and printed again might not be the same. */
function documentOf(message: StoredMessage): string {
  const { topic, key, value, tsMs, position } = message
  return `{"topic":${JSON.stringify(topic)},"key":${oneLine(key)},"value":${oneLine(value)},"ts_ms":${tsMs},"position":${JSON.stringify(position)}}\n`
}

/** A line break in JSON stands only between its parts. */
function oneLine(json: string | null): string {
  return json === null ? 'null' : json.replaceAll(/[\r\n]/gu, ' ')
}

function lineFor(style: Style, { clock, timeZone }: CommandContext): (message: StoredMessage) => string {
  const timeOf = localTimes(timeZone)
  return ({ topic, key, value, tsMs }) => {
    const time = timeOf(tsMs, clock.nowMs(), 'milliseconds')
    const parts = [style.dim(time), style.cyan(topic), ...(key === null ? [] : [style.bold(oneLine(key))])]
    return `${[...parts, value === null ? style.dim('(deleted)') : oneLine(value)].join(' ')}\n`
  }
}
