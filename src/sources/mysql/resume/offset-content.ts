import { OffbeatError } from '../../../model/error.ts'
import type { Position } from '../../../model/position.ts'
import type { OffsetContent } from '../../source.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { identityOf, positionsOf, readServerFacts } from '../inspect/server-facts.ts'
import { type LogFilePosition, logFileName, logFilePositionText } from '../position/log-file.ts'
import { hasFilePosition } from './file-position.ts'

/**
 * Everything that an offset needs except its position. Throws POSITION_INVALID if the position is a file and an offset at which no
 * transaction ends: a stream from there would begin with half of one.
 */
export async function offsetContent(
  connection: MysqlConnection,
  { position, signal }: { readonly position: Position; readonly signal: AbortSignal },
): Promise<OffsetContent> {
  const facts = await readServerFacts(connection, signal)
  const filePosition = positionsOf(facts).filePositionOf(position)
  if (filePosition !== null && hasFilePosition(filePosition, facts.log)) {
    const next = await eventAt(connection, filePosition, signal)
    if (next === null || INSIDE.test(next)) throw insideTransaction(filePosition, next)
  }
  return { server: identityOf(facts), memory: {} }
}

/** Events that follow the GTID event with which each transaction begins. */
const INSIDE = /^(?:Query|Table_map|.*_rows.*|Rows_query|Xid|XA_prepare|Transaction_payload|Intvar|RAND|User var)$/iu
/** The error number of SHOW BINLOG EVENTS for an offset at which no event begins. */
const NO_EVENT = 1220
const AT_END = ''

/** The type of the event that begins at the position; '' at the end of the log. null: none begins there. */
async function eventAt(
  connection: MysqlConnection,
  filePosition: LogFilePosition,
  signal: AbortSignal,
): Promise<string | null> {
  const from = `FROM ${filePosition.offset} LIMIT 1`
  try {
    const [event] = await connection.query(`SHOW BINLOG EVENTS IN ? ${from}`, [logFileName(filePosition)], { signal })
    if (event === undefined) return AT_END
    // MySQL goes on to the next event if the offset is in the header of the file or of an event.
    return Number(event['Pos']) === filePosition.offset ? (event['Event_type'] ?? null) : null
  } catch (error) {
    if (error instanceof OffbeatError && error.details['number'] === NO_EVENT) return null
    throw error
  }
}

function insideTransaction(filePosition: LogFilePosition, next: string | null): OffbeatError {
  const position = logFilePositionText(filePosition)
  return new OffbeatError('POSITION_INVALID', {
    message: `no transaction ends at ${position}`,
    found: next === null ? 'no event of the log begins there' : `a ${next} event, which is inside a transaction`,
    expected:
      'the end of a transaction, as SHOW BINARY LOG STATUS shows it, or GTIDs; `pos` of a message is inside its transaction',
  })
}
