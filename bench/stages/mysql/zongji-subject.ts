import ZongJi from '@vlasky/zongji'

export interface ZongjiOptions {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly file: string
  readonly rows: number
}

/** A process that decodes this many rows of the file, and ends. */
const { file, rows, ...login }: ZongjiOptions = JSON.parse(process.argv[2] ?? '{}')
const SERVER_ID = 4_000_000_001
const FIRST_POSITION = 4
let decoded = 0
const zongji = new ZongJi(login)
zongji.on('error', (error) => {
  throw error
})
zongji.on('binlog', (event) => {
  if (!('rows' in event) || !Array.isArray(event.rows)) return
  decoded += event.rows.length
  if (decoded >= rows) zongji.stop()
})
zongji.start({
  serverId: SERVER_ID,
  filename: file,
  position: FIRST_POSITION,
  includeEvents: ['tablemap', 'writerows'],
  includeSchema: { shop: ['orders'] },
})
