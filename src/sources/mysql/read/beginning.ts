import { OffbeatError } from '../../../model/error.ts'
import type { NoticeEvent } from '../../../model/log-event.ts'
import type { Offset } from '../../../model/offset.ts'
import type { Context } from '../../source.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import type { Replay } from '../decode/replay.ts'
import { monitorGrant } from '../inspect/log-files.ts'
import { headOf, identityOf, positionsOf, type ServerFacts } from '../inspect/server-facts.ts'
import { logFileName } from '../position/log-file.ts'
import { fileMemory } from '../resume/file-position.ts'
import { withExactFile } from '../resume/gtids-at-position.ts'
import type { LogStart, Opened } from '../resume/opening.ts'
import { logOff } from '../resume/position-lost.ts'
import { neededOffset, readPosition, replayOf } from '../resume/prepared-replay.ts'
import { checkResumeOn } from '../resume/resume-on-server.ts'

/** Where a stream begins, and how the log is requested from there. */
export interface Beginning {
  readonly offset: Offset
  readonly start: LogStart
  /** The stretch in front of the offset that is read a second time. null: none. */
  readonly replay: Replay | null
  readonly notices: readonly NoticeEvent[]
}

/** Throws if the log cannot be read from there. */
export async function beginningAt(
  from: Offset | 'now',
  facts: ServerFacts,
  { source, clock }: Pick<Context, 'source' | 'clock'>,
  connection: MysqlConnection,
  signal: AbortSignal,
): Promise<Beginning> {
  if (!facts.logsBinary) throw logOff({ source })
  const offset = from === 'now' ? firstOffset(facts, clock.nowMs()) : from
  const opening = await checkResumeOn(connection, { source, offset, facts }, signal)
  if (opening.can === 'no') throw opening.error
  if (opening.can === 'unknown' || facts.log === null) throw filesUnseen(connection)
  const notices = from === 'now' ? [] : noticesOf(opening, offset, facts)
  const start = await withExactFile(opening, { offset: neededOffset(offset, facts), facts }, connection, signal)
  const replay = replayOf(offset, start, facts)
  const position = replay === null ? opening.from : readPosition(offset.position, opening.from, facts)
  return { offset: { ...offset, position }, start, replay, notices }
}

function firstOffset(facts: ServerFacts, atMs: number): Offset {
  const moved = { by: 'progress', why: 'the end of the log at the first start', atMs } as const
  const end = facts.log?.end ?? null
  const memory = end === null ? {} : fileMemory(logFileName(end), end.offset)
  return { position: headOf(facts), server: identityOf(facts), memory, moved }
}

/** Their reasons go into the ledger. */
function noticesOf({ as, why, passed }: Opened, { position }: Offset, facts: ServerFacts): readonly NoticeEvent[] {
  const offset = positionsOf(facts).short(position)
  const of = (code: 'MYSQL_OTHER_SERVER' | 'MYSQL_GAP_PASSED', reason: string): NoticeEvent => ({
    type: 'notice',
    code,
    details: { why: reason, offset },
    ledger: reason,
  })
  return [
    ...(as === 'promoted' ? [of('MYSQL_OTHER_SERVER', why)] : []),
    ...(passed === null ? [] : [of('MYSQL_GAP_PASSED', passed)]),
  ]
}

function filesUnseen(connection: MysqlConnection): OffbeatError {
  const grant = monitorGrant(connection)
  return new OffbeatError('DATABASE_PERMISSION', {
    message: 'the user cannot see the files of the binary log',
    found: 'SHOW BINARY LOGS is refused',
    expected: grant.text,
    fix: [grant],
  })
}
