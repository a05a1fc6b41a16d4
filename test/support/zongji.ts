import ZongJi, { type AnyBinlogEvent, type RowData, type UpdateRowData } from '@vlasky/zongji'
import type { MysqlServer } from './mysql.ts'

type Values = Readonly<Record<string, unknown>>

export interface ZongjiRow {
  readonly op: 'c' | 'u' | 'd'
  readonly table: string
  /** By column. A column that the image does not have is null. */
  readonly before: Values | null
  readonly after: Values | null
}

/** The rows of one log file of the server as zongji reads them over the wire. The server must have a later file. */
export async function zongjiRows(
  { host, port, user, password }: MysqlServer,
  database: string,
  filename: string,
): Promise<readonly ZongjiRow[]> {
  // As exact as it can be asked to be.
  const zongji = new ZongJi({
    host,
    port,
    user,
    password,
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    jsonStrings: true,
  })
  const rows: ZongjiRow[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  zongji.on('error', reject)
  zongji.on('binlog', (event) => {
    if ('binlogName' in event && event.binlogName !== filename) resolve()
    rows.push(...rowsIn(event))
  })
  zongji.start({
    serverId: 4_000_000_002,
    filename,
    position: 4,
    includeEvents: ['rotate', 'tablemap', 'writerows', 'updaterows', 'deleterows'],
    includeSchema: { [database]: true },
  })
  try {
    await promise
    return rows
  } finally {
    zongji.stop()
  }
}

function rowsIn(event: AnyBinlogEvent): readonly ZongjiRow[] {
  if (!('rows' in event)) return []
  const table = event.tableMap[event.tableId]?.tableName ?? ''
  const isDelete = event.getTypeName() === 'DeleteRows'
  return event.rows.map((row) => {
    if (isUpdate(row)) return { op: 'u', table, ...row }
    return isDelete ? { op: 'd', table, before: row, after: null } : { op: 'c', table, before: null, after: row }
  })
}

/** The tables of the tests have no columns of these names. */
function isUpdate(row: RowData | UpdateRowData): row is UpdateRowData {
  return 'before' in row && 'after' in row
}
