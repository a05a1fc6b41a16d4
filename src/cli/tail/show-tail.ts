import { HEARTBEAT_TOPIC } from '../../model/message.ts'
import type { MessageFilter, MessageQuery, StoredMessage } from '../../sqlite/message-reader.ts'
import { StoreReader, type TailOptions } from '../../sqlite/store-reader.ts'
import type { CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { openConfig, sourceNamed } from '../program/configuration.ts'
import { countOption, durationOption, textOption } from '../program/option-value.ts'
import { usageError } from '../program/usage-error.ts'
import { localTimes } from '../terminal/local-time.ts'
import { styleFor } from '../terminal/style.ts'
import { keyFilter } from './key-filter.ts'
import { rowLines } from './row-line.ts'
import { sinceOption } from './since-option.ts'

const POLL_MS = 100

export async function showTail(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const wait = waiter(durationOption(input, 'idleExit', '--idle-exit'), context)
  const limit = countOption(input, 'limit', '--limit') ?? Number.POSITIVE_INFINITY
  const topic = textOption(input, 'topic')
  const only = filterOf(input, topic, context)
  const { path, source } = await sourceToRead(input, context)
  using reader = StoreReader.open(path)
  const query = { source, topic, only }
  const somethingIsKept = hasMessages(reader, query, context)
  let count = 0
  const more = (): Promise<boolean> => {
    if (count === 0 && somethingIsKept && isFilter(only)) wait.once(() => sayNothingMatches(reader, context))
    return wait.more()
  }
  const from: TailOptions['from'] = input.options['from'] === 'now' ? 'now' : 'beginning'
  const print = printerFor(input, context)
  for await (const message of reader.tail(query, { from, wait: more, signal: context.signal })) {
    if (context.signal.aborted) break
    for (const piece of print(message)) {
      context.stdout.stream.write(piece)
      await context.stdout.drained()
    }
    wait.heard()
    count += 1
    if (count >= limit) break
  }
  return 0
}

function filterOf(input: CommandInput, topic: string | null, context: CommandContext): MessageFilter {
  const heartbeats = input.options['heartbeats'] !== false
  const sinceMs = sinceOption(input, context)
  const key = textOption(input, 'key')
  if (sinceMs !== null && input.options['from'] === 'now') {
    throw usageError('--since and --from now exclude each other.', {
      found: '--from now, which prints only new messages',
      expected: '--since alone, for stored messages since a time',
    })
  }
  if (!heartbeats && topic === HEARTBEAT_TOPIC) {
    throw usageError('Nothing would be printed: --no-heartbeats excludes all messages of --topic.', {
      found: `--topic ${topic}`,
      expected: 'one of the two options',
    })
  }
  return {
    exceptTopic: heartbeats ? null : HEARTBEAT_TOPIC,
    sinceMs,
    key: key === null ? null : keyFilter(key),
  }
}

function isFilter({ exceptTopic, sinceMs, key }: MessageFilter): boolean {
  return exceptTopic !== null || sinceMs !== null || key !== null
}

async function sourceToRead(input: CommandInput, context: CommandContext) {
  const config = await openConfig(input, context)
  const source = sourceNamed(config, input.words[0] ?? '')
  const { sink } = config
  if (sink.kind !== 'sqlite') {
    throw usageError(`The sink ${sink.kind} keeps no messages to print.`, {
      found: `sink: { kind: ${sink.kind} } in ${config.path}`,
      expected: 'sink: { kind: sqlite }',
    })
  }
  return { path: sink.path, source: source.name }
}

/** If there are no messages, says why nothing is printed. */
function hasMessages(reader: StoreReader, { source, topic }: MessageQuery, { stderr }: CommandContext): boolean {
  const topics = reader.topics(source).map((one) => one.topic)
  if (topic === null ? topics.length > 0 : topics.includes(topic)) return true
  const known = topics.length === 0 ? 'nothing has been delivered yet' : `topics so far: ${topics.join(', ')}`
  stderr.write(`No message ${topic === null ? `of ${source}` : `in ${topic}`} yet; ${known}; ${waitingFor(reader)}.\n`)
  return false
}

function sayNothingMatches(reader: StoreReader, { stderr }: CommandContext): void {
  stderr.write(`No stored message matches; ${waitingFor(reader)}.\n`)
}

function waitingFor(reader: StoreReader): string {
  return reader.owner() === null ? 'no connector is running: offbeat run' : 'waiting for new messages'
}

/** Polls until a stop is requested or no message has come for `idleExitMs`. */
function waiter(idleExitMs: number | null, { clock, signal }: CommandContext) {
  let heardMs = clock.monotonicMs()
  let isFirst = true
  return {
    once: (work: () => void) => {
      if (isFirst) work()
      isFirst = false
    },
    heard: () => {
      heardMs = clock.monotonicMs()
    },
    more: async (): Promise<boolean> => {
      if (signal.aborted || (idleExitMs !== null && clock.monotonicMs() - heardMs >= idleExitMs)) return false
      // Rejects only when a stop is requested, which the next line checks.
      await clock.sleep(POLL_MS, signal).catch(() => undefined)
      return !signal.aborted
    },
  }
}

/** A line in pieces. The value is a piece of its own, because the whole line can be longer than a string can be. */
type Print = (message: StoredMessage) => readonly (string | Uint8Array)[]

function printerFor(input: CommandInput, context: CommandContext): Print {
  if (input.common.json) return documentOf
  return context.stdout.isTerminal ? shortLine(input, context) : wholeLine(context)
}

/** Key and value are inserted unparsed: a number that is parsed and printed again may not be the same. */
function documentOf(message: StoredMessage): readonly (string | Uint8Array)[] {
  const { topic, key, value, tsMs, position } = message
  const before = `{"topic":${JSON.stringify(topic)},"key":${oneLine(key)},"value":`
  return joined(before, value ?? 'null', `,"ts_ms":${tsMs},"position":${JSON.stringify(position)}}\n`)
}

function joined(before: string, value: string | Uint8Array, after: string): readonly (string | Uint8Array)[] {
  return typeof value === 'string' ? [before + oneLine(value) + after] : [before, oneLineOfBytes(value), after]
}

/** In JSON a line break can occur only between tokens, so a space can replace it. */
function oneLine(json: string | null): string {
  return json === null ? 'null' : json.replaceAll(/[\r\n]/gu, ' ')
}

/** Like `oneLine`, but changes the bytes in place. */
function oneLineOfBytes(json: Uint8Array): Uint8Array {
  for (const lineBreak of [0x0a, 0x0d]) {
    for (let at = json.indexOf(lineBreak); at >= 0; at = json.indexOf(lineBreak, at + 1)) json[at] = 0x20
  }
  return json
}

/** The whole message, for a pipe. */
function wholeLine({ clock, timeZone }: CommandContext): Print {
  const timeOf = localTimes(timeZone)
  return ({ topic, key, value, tsMs }) => {
    const time = timeOf(tsMs, clock.nowMs(), 'milliseconds')
    const parts = [time, topic, ...(key === null ? [] : [oneLine(key)])]
    return joined(`${parts.join(' ')} `, value ?? '(deleted)', '\n')
  }
}

function shortLine(input: CommandInput, { clock, timeZone, stdout }: CommandContext): Print {
  const style = styleFor(input.common.color)
  const timeOf = localTimes(timeZone)
  const line = rowLines()
  return (message) => [line(message, { timeOf, nowMs: clock.nowMs(), style, width: stdout.columns })]
}
