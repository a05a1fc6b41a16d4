import { randomBytes } from 'node:crypto'
import type { TargetNames } from '../../admin/admin-target.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import { type TextRow, text } from '../../connect/text-row.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { atLeast } from '../connect/server-version.ts'

/**
 * How two servers differ. null: they are the same server, or `source` is a replica of `admin`. MariaDB has no identity that is its own, and
 * that of MySQL is copied with its data folder, so the proof is a lock that both sessions see. Throws where the replication cannot be seen.
 */
export async function serverDifference(
  admin: MysqlConnection,
  source: MysqlConnection,
  names: TargetNames,
  options: StatementOptions,
): Promise<string | null> {
  if (await shareLocks(admin, source, options)) return null
  const name = ID[admin.version.product]
  const [ofAdmin, ofSource] = [await idOf(admin, options), await idOf(source, options)]
  const isReplica =
    admin.version.product === 'mysql'
      ? (await replicasOf(admin, options)).includes(ofSource)
      : await follows(source, ofAdmin, admin, options)
  return isReplica
    ? null
    : `${names.admin} has the ${name} ${ofAdmin}, and ${names.source} has ${ofSource} and does not replicate from it`
}

const ID = { mysql: 'server_uuid', mariadb: 'server_id' } as const

/** The lock belongs to the running server. It is not replicated, needs no privilege, and ends with its session. */
async function shareLocks(
  admin: MysqlConnection,
  source: MysqlConnection,
  options: StatementOptions,
): Promise<boolean> {
  const name = `offbeat:${randomBytes(12).toString('hex')}`
  await source.query('SELECT GET_LOCK(?, 0) AS taken', [name], options)
  const [row = {}] = await admin.query('SELECT IS_USED_LOCK(?) IS NOT NULL AS seen', [name], options)
  return text(row, 'seen') === '1'
}

async function idOf(connection: MysqlConnection, options: StatementOptions): Promise<string> {
  const [row = {}] = await connection.query(`SELECT @@GLOBAL.${ID[connection.version.product]} AS id`, [], options)
  return text(row, 'id')
}

/** The ids of the replicas that are connected now. They are unique. */
async function replicasOf(connection: MysqlConnection, options: StatementOptions): Promise<readonly string[]> {
  const isNew = atLeast(connection.version, [8, 0, 22])
  const rows = await connection.query(isNew ? 'SHOW REPLICAS' : 'SHOW SLAVE HOSTS', [], options)
  return rows.map((row) => text(row, isNew ? 'Replica_UUID' : 'Slave_UUID'))
}

/** MariaDB lists replicas by a number that a replica of another primary can have too, so the replica says where it reads from. */
async function follows(
  replica: MysqlConnection,
  primaryId: string,
  { target }: MysqlConnection,
  options: StatementOptions,
): Promise<boolean> {
  const rows = await replicationOf(replica, options)
  return rows.some(
    (row) =>
      text(row, 'Master_Server_Id') === primaryId &&
      text(row, 'Master_Host').toLowerCase() === target.host.toLowerCase() &&
      text(row, 'Master_Port') === String(target.port),
  )
}

/** Every user sees whether a server has ever replicated with GTIDs; from where, only one with SLAVE MONITOR. */
async function replicationOf(replica: MysqlConnection, options: StatementOptions): Promise<readonly TextRow[]> {
  const [row = {}] = await replica.query('SELECT @@GLOBAL.gtid_slave_pos AS position', [], options)
  return text(row, 'position') === '' ? [] : await replica.query('SHOW ALL SLAVES STATUS', [], options)
}
