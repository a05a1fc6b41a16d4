import { fileURLToPath } from 'node:url'
import type { LocalMysql } from '../../../src/local-server/mysql/local-mysql.ts'
import { measuredRun } from '../../measured-run.ts'
import type { Peer } from '../../stage.ts'
import type { LogEnd } from './workload.ts'
import type { ZongjiOptions } from './zongji-subject.ts'

const SUBJECT = fileURLToPath(new URL('./zongji-subject.ts', import.meta.url))

/** Decodes the rows into objects and does nothing with them. `rows`: how many there are. */
export function zongjiPeer({ host, port, user, password }: LocalMysql, { file }: LogEnd, rows: () => number): Peer {
  return {
    name: 'zongji',
    async run() {
      const options: ZongjiOptions = { host, port, user, password, file, rows: rows() }
      return await measuredRun(process.execPath, [SUBJECT, JSON.stringify(options)], process.env)
    },
  }
}
