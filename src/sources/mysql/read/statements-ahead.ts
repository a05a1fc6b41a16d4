import type { Context } from '../../source.ts'
import type { MysqlConfig } from '../config.ts'
import { connectMysql } from '../connect/connection.ts'
import type { EventPosition } from '../decode/framing/event-position.ts'
import type { TableStatement } from '../decode/statements/table-statement.ts'
import { TableStatementScanner } from '../decode/statements/table-statement-scanner.ts'
import { compareLogFilePositions, LARGEST_POSITION, parseLogFilePosition } from '../position/log-file.ts'
import type { LaterStatements } from '../tables/column-history.ts'
import { BinlogStream } from './binlog-stream.ts'
import { type FileStart, presentDump } from './dump-command.ts'
import { dumpStatement } from './dump-settings.ts'

/** The server sends nothing while it skips to a position, and always something once it has found it. */
const SILENCE_MS = 60_000

export interface StatementsAheadOptions {
  /** Only the host whose log is read. */
  readonly config: MysqlConfig
  readonly context: Context
  readonly checksums: boolean
  readonly isUtf8: (collation: number) => boolean
  readonly signal: AbortSignal
}

/**
 * Reads the log ahead on a connection of its own, up to its end at that time, and keeps what it found: each stretch of the log is read ahead
 * once.
 */
export class StatementsAhead implements LaterStatements {
  readonly #options: StatementsAheadOptions
  #scan: Scan | null = null

  constructor(options: StatementsAheadOptions) {
    this.#options = options
  }

  async from({ file, offset }: EventPosition): Promise<readonly TableStatement[] | null> {
    if (file === null || offset > LARGEST_POSITION) return null
    const wanted = { file, position: offset }
    const known = this.#scan
    const isKnown = known !== null && isWithin(wanted, known)
    const { end, found } = isKnown ? known : { end: wanted, found: [] }
    if (end.position > LARGEST_POSITION) return null
    const newer: TableStatement[] = []
    const newEnd = await readAhead(end, newer, this.#options)
    // The stream only goes on, so nothing in front of it is asked for again.
    const later = [...found, ...newer].filter(
      (statement) => !isBefore({ file: statement.file ?? '', position: statement.offset }, wanted),
    )
    this.#scan = { from: wanted, end: newEnd, found: later }
    return later
  }
}

interface Scan {
  readonly from: FileStart
  readonly end: FileStart
  readonly found: readonly TableStatement[]
}

function isWithin(at: FileStart, { from, end }: Scan): boolean {
  return !isBefore(at, from) && !isBefore(end, at)
}

function isBefore(a: FileStart, b: FileStart): boolean {
  const [left, right] = [a, b].map(({ file, position }) => parseLogFilePosition(`${file}:${position}`))
  return compareLogFilePositions(left ?? null, right ?? null) === 'before'
}

/** Returns where the log ended. */
async function readAhead(
  from: FileStart,
  into: TableStatement[],
  { config, context, checksums, isUtf8, signal }: StatementsAheadOptions,
): Promise<FileStart> {
  const { source, clock } = context
  const connection = await connectMysql(config, { source, use: 'log', signal })
  await using opened = new AsyncDisposableStack()
  opened.use(connection)
  const { sql, values } = dumpStatement({ kind: config.kind, heartbeatMs: SILENCE_MS, connectState: null })
  await connection.query(sql, values, { signal })
  const start = { command: presentDump(from), heartbeatMs: SILENCE_MS, clock, endsAtHead: true } as const
  const stream = opened.use(new BinlogStream(connection.release(), connection.target, start))
  const interrupt = () => stream.interrupt()
  signal.addEventListener('abort', interrupt, { once: true })
  const scanner = new TableStatementScanner({ ...from, checksums, isUtf8 })
  try {
    while (await stream.take()) {
      while (stream.next()) {
        const unpacking = scanner.take(stream.bytes, stream.start, stream.end, into)
        if (unpacking !== undefined) await unpacking
      }
    }
  } finally {
    signal.removeEventListener('abort', interrupt)
  }
  signal.throwIfAborted()
  const { file, position } = scanner
  return { file, position }
}
