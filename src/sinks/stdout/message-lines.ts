import { ByteWriter } from '../../model/byte-writer.ts'
import type { Message } from '../../model/message.ts'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20

/** JSON lines `{"topic","key","value","ts_ms"}`: key and value as they are, without parsing; null where there is none. */
export function messageLines(messages: readonly Message[]): Buffer {
  const writer = new ByteWriter(64 * 1024)
  const topics = new Map<string, string>()
  for (const message of messages) {
    const { bytes, keyAt, valueAt, end, tsMs } = message
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

/** A line break in JSON can only be space between its parts, so it may become a blank: one message stays one line. */
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
