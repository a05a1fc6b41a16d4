import type { Clock } from '../../../model/clock.ts'
import { streamEnded } from '../../stream/log-socket.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { EventCursor } from '../decode/framing/event-cursor.ts'
import { FLAG_ARTIFICIAL, HEADER_BYTES, readHeader } from '../decode/framing/event-header.ts'
import { EVENT } from '../decode/framing/event-type.ts'
import { readFormatDescription } from '../decode/framing/format-description.ts'
import { FIRST_POSITION } from '../position/log-file.ts'
import { BinlogStream } from './binlog-stream.ts'
import { presentDump } from './dump-command.ts'
import { dumpStatement } from './dump-settings.ts'

/** The beginning of a file of the binary log. */
export interface FileHead {
  /** When the server began the file, by its own clock. It has whole seconds. */
  readonly beganAtMs: number
  /** The server began it when it started, so it had been down since the end of the file before. */
  readonly afterStart: boolean
}

/** Longer than a server takes to open a file. */
const PATIENCE_MS = 10_000

/**
 * Reads the first event of a file, which no SQL statement shows with its time. The connection is used up: the server ends it after a dump.
 * Needs the privilege REPLICATION SLAVE. Throws a classified error.
 */
export async function readFileHead(
  connection: MysqlConnection,
  file: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<FileHead> {
  const { target, version } = connection
  const settings = { kind: version.product, heartbeatMs: PATIENCE_MS, connectState: null }
  const { sql, values } = dumpStatement(settings)
  await connection.query(sql, values, { signal })
  const command = presentDump({ file, position: FIRST_POSITION })
  await using stream = new BinlogStream(connection.release(), target, { command, heartbeatMs: PATIENCE_MS, clock })
  const interrupt = () => stream.interrupt()
  signal.addEventListener('abort', interrupt, { once: true })
  try {
    stream.expectHeartbeats()
    while (await stream.take()) {
      while (stream.next()) {
        const head = headIn(stream, file)
        if (head !== null) return head
      }
    }
  } finally {
    signal.removeEventListener('abort', interrupt)
  }
  signal.throwIfAborted()
  throw streamEnded(target)
}

/** null: the event is not the one that is in the file at its start. */
function headIn({ bytes, start, end }: BinlogStream, file: string): FileHead | null {
  const header = readHeader(bytes, start, file, 0)
  if (header.type !== EVENT.FORMAT_DESCRIPTION || (header.flags & FLAG_ARTIFICIAL) !== 0) return null
  const format = readFormatDescription(new EventCursor(header, bytes, start + HEADER_BYTES, end))
  return { beganAtMs: header.timestamp * 1000, afterStart: format.afterStart }
}
