import { OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import { forPerson, inDatabase, inShell } from '../../../model/fix.ts'
import type { JsonObject } from '../../../model/json.ts'
import type { Choice } from '../../../model/loss.ts'
import type { Offset } from '../../../model/offset.ts'
import { type LostOffset, lossOf, lostError, rightServer, startAgain } from '../../loss.ts'
import { MYSQL_DEFAULTS } from '../config.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { headText, identityOf, positionsOf, type ServerFacts } from '../inspect/server-facts.ts'
import { setAtStart } from '../inspect/server-setting.ts'
import { type LogFilePosition, logFilePositionText } from '../position/log-file.ts'

interface Input {
  readonly source: string
  readonly offset: Offset
  readonly facts: ServerFacts
}

export function logOff({ source }: Pick<Input, 'source'>): OffbeatError {
  return new OffbeatError('MYSQL_LOG_OFF', {
    message: `the server of the source ${source} writes no binary log`,
    found: 'log_bin is OFF',
    expected: 'log_bin with a name, binlog_format ROW, and a server_id',
    fix: setAtStart('log_bin', 'binlog'),
  })
}

/** The modes in the order in which they can be set. */
const GTID_MODES = ['OFF', 'OFF_PERMISSIVE', 'ON_PERMISSIVE', 'ON']

export function gtidsOff({ source }: Pick<Input, 'source'>, mode: string): OffbeatError {
  return new OffbeatError('MYSQL_GTIDS_OFF', {
    message: `the offset of the source ${source} is a set of GTIDs, and the server can write transactions without them`,
    found: `gtid_mode is ${mode}, and the offset has no file and offset of this server`,
    expected: 'gtid_mode ON, as when the offset was stored',
    fix: GTID_MODES.slice(GTID_MODES.indexOf(mode) + 1).map((next) =>
      inDatabase(`SET GLOBAL gtid_mode = ${next}`, ADMINISTRATOR),
    ),
  })
}

/** MariaDB 12.3 and later can keep the log in InnoDB. Only GTIDs are positions in it. */
export function noFilePositions(
  { source }: Pick<Input, 'source'>,
  written: LogFilePosition,
  engine: string,
): OffbeatError {
  return new OffbeatError('MYSQL_LOG_WITHOUT_FILES', {
    message: `the binary log cannot be read from ${logFilePositionText(written)} on, the offset of ${source}: it is in ${engine}, where files have no positions`,
    found: `binlog_storage_engine is ${engine}`,
    expected: 'the last GTID of each domain, such as 0-1-42',
    fix: [
      forPerson(
        'find the GTIDs of the file and offset: SELECT BINLOG_GTID_POS(file, offset) shows them on a server that still has the file',
      ),
      inShell(`offbeat offsets set ${source} GTIDS`),
    ],
    details: { engine },
  })
}

export function logPurged(input: Input, found: string, details: JsonObject): OffbeatError {
  const loss = { choices: [restored(), startAgain(lostOffset(input), {})] }
  return lost(
    'MYSQL_LOG_PURGED',
    input,
    { message: 'the server has purged binary logs that were not read yet', found, details },
    loss,
  )
}

export function logReset(input: Input, found: string): OffbeatError {
  const loss = {
    choices: [
      rightServer(input, 'Connect to the server that the offset comes from'),
      startAgain(lostOffset(input), {}),
    ],
  }
  const message =
    'the binary log of the server was reset, or the server was restored: it does not reach the stored offset'
  return lost('MYSQL_LOG_RESET', input, { message, found, details: {} }, loss)
}

/** Another server does not have all of the offset. As long as it is read-only, it can be a replica that catches up. */
export function lacksOffset(input: Input, found: string): OffbeatError {
  return input.facts.readOnly ? replicaBehind(input, found) : otherServer(input, found)
}

export function otherServer(input: Input, found: string): OffbeatError {
  const loss = {
    choices: [
      rightServer(input, 'Connect to the server that the offset comes from, or to a replica that has all of it'),
      startAgain(lostOffset(input), {}),
    ],
  }
  const message =
    'this is another server than the one that the stored offset comes from, and it does not have all of it'
  return lost('DATABASE_OTHER_SERVER', input, { message, found, details: {} }, loss)
}

function replicaBehind(input: Input, found: string): OffbeatError {
  return new OffbeatError('MYSQL_REPLICA_BEHIND', {
    message: `the server is read-only and does not have all of the stored offset of ${input.source}: the log is read when it has`,
    found,
    expected: `a log that has ${lostOffset(input).short}`,
    details: { ...identityOf(input.facts) },
  })
}

function restored() {
  return {
    what: 'Put the purged files back',
    cost: 'nothing is lost, if a backup has them; the server reads them when their names are in its index file',
    run: [
      forPerson('copy the files beside the others, add their names to the index file in order, and restart the server'),
    ],
  }
}

function lostOffset({ source, offset, facts }: Input): LostOffset {
  const positions = positionsOf(facts)
  return {
    source,
    position: positions.text(offset.position),
    short: positions.short(offset.position),
    moved: offset.moved,
    words: MYSQL_DEFAULTS.words,
  }
}

function lost(
  code: ErrorCode,
  input: Input,
  about: { readonly message: string; readonly found: string; readonly details: JsonObject },
  loss: { readonly choices: readonly Choice[] },
): OffbeatError {
  const { facts } = input
  const offset = lostOffset(input)
  const evidence = Object.entries(identityOf(facts)).map(([name, value]) => ({ name, value }))
  const log = { head: headText(facts), atMs: facts.atMs, bytes: null, evidence }
  const expected = `a binary log from ${offset.short} on`
  return lostError(
    code,
    { ...about, expected, details: { ...about.details, ...identityOf(facts) } },
    lossOf(offset, log, loss),
  )
}
