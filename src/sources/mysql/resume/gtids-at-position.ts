import type { Offset } from '../../../model/offset.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { logFileName } from '../position/log-file.ts'
import { parseMariadbGtidList } from '../position/mariadb-gtid-list.ts'
import { MARIADB_POSITIONS } from '../position/position.ts'

/**
 * The offset with the GTIDs that MariaDB computes for its file and offset, if it has no others (imported, or typed by a person). The offset
 * itself if the server cannot compute them: it does not have the file.
 */
export async function withGtids<T extends Offset | null>(
  offset: T,
  connection: MysqlConnection,
  signal: AbortSignal,
): Promise<T> {
  if (offset === null || connection.version.product === 'mysql') return offset
  const filePosition = MARIADB_POSITIONS.filePositionOf(offset.position)
  if (filePosition === null || MARIADB_POSITIONS.gtidsOf(offset.position).size > 0) return offset
  const at = [logFileName(filePosition), String(filePosition.offset)]
  const [row] = await connection.query('SELECT BINLOG_GTID_POS(?, CAST(? AS UNSIGNED)) AS gtids', at, { signal })
  const gtids = parseMariadbGtidList(row?.['gtids'] ?? '')
  if (gtids === null || gtids.size === 0) return offset
  return { ...offset, position: MARIADB_POSITIONS.of(gtids, null) }
}
