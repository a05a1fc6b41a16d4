import { OffbeatError } from '../../../model/error.ts'
import { forPerson, inDatabase, query } from '../../../model/fix.ts'
import type { Offset } from '../../../model/offset.ts'
import { address } from '../../connect/server-target.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { readerUuidOf } from '../connect/server-id.ts'
import { atLeast } from '../connect/server-version.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { readServerFacts } from '../inspect/server-facts.ts'
import type { ResumeInput } from '../resume/opening.ts'
import { checkResumeOn } from '../resume/resume-on-server.ts'

/** MySQL has one error number for every problem with a dump. MariaDB has a separate one for two readers with the same server id. */
const DUMP_REFUSED = 1236
const SAME_SERVER_ID = 4052

/** Whether the error's number alone does not say why the dump was refused. */
export function isUnspecific({ details: { number } }: OffbeatError): boolean {
  return number === DUMP_REFUSED || number === SAME_SERVER_ID
}

export interface RefusedDump extends Pick<ResumeInput, 'source'> {
  /** null: the dump was to begin at the end of the log. */
  readonly offset: Offset | null
  readonly error: OffbeatError
  readonly serverId: number
}

/** Queries the server for the cause behind an unspecific error number: purged files, another reader with our server id, or neither. */
export async function explainRefusedDump(
  connection: MysqlConnection,
  refused: RefusedDump,
  signal: AbortSignal,
): Promise<OffbeatError> {
  const { error } = refused
  const number = error.details['number']
  if (number === SAME_SERVER_ID) return sameServerId(connection, refused)
  const facts = await readServerFacts(connection, signal)
  const { source, offset } = refused
  const resume = offset === null ? null : await checkResumeOn(connection, { source, offset, facts }, signal)
  if (resume?.can === 'no') return resume.error
  if (MIXED.test(error.found ?? '') && facts.product === 'mysql') return mixedGtids(refused, facts.gtidMode)
  return (await hasSuccessor(connection, refused, signal)) ? sameServerId(connection, refused) : error
}

/** Whether MySQL now has another reader with our UUID. It shows the readers that have registered. */
async function hasSuccessor(
  connection: MysqlConnection,
  { source, serverId }: RefusedDump,
  signal: AbortSignal,
): Promise<boolean> {
  const isNew = atLeast(connection.version, [8, 0, 22])
  const readers = await connection.query(isNew ? 'SHOW REPLICAS' : 'SHOW SLAVE HOSTS', [], { signal })
  const uuid = readerUuidOf(source, serverId)
  return readers.some((row) => (row['Replica_UUID'] ?? row['Slave_UUID']) === uuid)
}

/** The words of MySQL for what it does not send with `gtid_mode` ON or OFF. */
const MIXED = /Cannot replicate (?:anonymous transaction|GTID-transaction)/

function mixedGtids({ error, source }: RefusedDump, mode: string): OffbeatError {
  const kind = mode === 'ON' ? 'without' : 'with'
  return new OffbeatError('MYSQL_GTID_MODE', {
    message: `the server does not send the binary log to ${source}: there are transactions ${kind} GTIDs after the stored offset`,
    found: error.found ?? `gtid_mode is ${mode}`,
    expected: `a permissive gtid_mode until the transactions ${kind} GTIDs are read`,
    fix: [inDatabase(`SET GLOBAL gtid_mode = ${mode === 'ON' ? 'ON_PERMISSIVE' : 'OFF_PERMISSIVE'}`, ADMINISTRATOR)],
    details: { gtidMode: mode },
  })
}

function sameServerId({ target }: MysqlConnection, { error, serverId, source }: RefusedDump): OffbeatError {
  return new OffbeatError('MYSQL_SERVER_ID_IN_USE', {
    message: `the server ${address(target)} ended the stream of ${source}: another reader with its server id has connected`,
    found: error.found ?? error.code,
    expected: `no other reader with the server id ${serverId}`,
    fix: [
      query('SHOW PROCESSLIST', 'a user with the privilege PROCESS', {
        note: 'the readers have the command Binlog Dump',
      }),
      forPerson('stop the other reader, or give this source an id of its own with the key serverId'),
    ],
    details: { serverId },
  })
}
