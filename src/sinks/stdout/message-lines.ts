import { ByteWriter } from '../../model/byte-writer.ts'
import { HEARTBEAT_TOPIC, type Message } from '../../model/message.ts'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20

export interface LineOptions {
  readonly format: 'message' | 'value'
  readonly heartbeats: boolean
}

export const PLAIN_LINES: LineOptions = { format: 'message', heartbeats: true }

/**
 * One line for each message: `{"topic","key","value","ts_ms"}`. Key and value are copied without parsing, null where there is none. With
 * the format `value`, the line is only the value, and tombstones are left out because they have none.
 */
export function messageLines(messages: readonly Message[], { format, heartbeats }: LineOptions = PLAIN_LINES): Buffer {
  const writer = new ByteWriter(64 * 1024)
  const topics = new Map<string, string>()
  for (const message of messages) {
    const { bytes, keyAt, valueAt, end, tsMs } = message
    if (!heartbeats && message.topic === HEARTBEAT_TOPIC) continue
    if (format === 'value') {
      if (valueAt === end) continue
      copyJson(bytes, valueAt, end, writer)
      writer.byte(LINE_FEED)
      continue
    }
    writer.utf8(topicPart(message.topic, topics))
    copyJson(bytes, keyAt, valueAt, writer)
    writer.ascii(',"value":')
    copyJson(bytes, valueAt, end, writer)
    writer.ascii(`,"ts_ms":${tsMs}}\n`)
  }
  return writer.take()
}

function topicPart(topic: string, known: Map<string, string>): string {
  const found = known.get(topic)
  if (found !== undefined) return found
  const made = `{"topic":${JSON.stringify(topic)},"key":`
  known.set(topic, made)
  return made
}

/** A line break in JSON can only be white space between tokens, so it is replaced with a space. One message stays on one line. */
function copyJson(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const at = to.length
  if (start === end) to.ascii('null')
  else to.copy(from, start, end)
  const written = to.bytes.subarray(at, to.length)
  blankOut(written, LINE_FEED)
  blankOut(written, CARRIAGE_RETURN)
}

function blankOut(bytes: Uint8Array, byte: number): void {
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) bytes[at] = SPACE
}
