import { createReadStream } from 'node:fs'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { BinlogDecoder } from '../../src/sources/mysql/decode/binlog-decoder.ts'
import { EVENT_FRAMING } from '../../src/sources/mysql/decode/framing/event-framing.ts'
import { MessageFramer } from '../../src/sources/stream/message-framer.ts'

/** The magic number at the start of every log file. */
const MAGIC = Buffer.from([0xfe, 0x62, 0x69, 0x6e])

/** Decodes a log file, `chunkBytes` at a time. `take` gets the log events of each event before the next one is read. */
export async function decodeBinlogFile(
  path: string,
  decoder: BinlogDecoder,
  take: (events: readonly LogEvent[]) => void,
  chunkBytes = 64 * 1024,
): Promise<void> {
  const framer = new MessageFramer(EVENT_FRAMING)
  let read = 0
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a chunk that is no bytes')
    const skipped = Math.max(0, Math.min(MAGIC.length - read, chunk.length))
    if (!chunk.subarray(0, skipped).equals(MAGIC.subarray(read, read + skipped)))
      throw new Error(`${path} is no binary log`)
    read += chunk.length
    framer.push(chunk.subarray(skipped))
    await decodeFrames(framer, decoder, take)
  }
  if (framer.pending > 0) throw new Error(`${path} ends within an event`)
}

async function decodeFrames(
  framer: MessageFramer,
  decoder: BinlogDecoder,
  take: (events: readonly LogEvent[]) => void,
): Promise<void> {
  while (framer.advance()) {
    const into: LogEvent[] = []
    const rest = decoder.decode(framer.bytes, framer.start, framer.end, into)
    if (rest !== undefined) for await (const _step of rest) take(into.splice(0))
    take(into)
  }
}
