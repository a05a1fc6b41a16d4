import { openSideProbe } from '../../connect/side-probe.ts'
import { DiskLimit } from '../../disk-limit.ts'
import type { Context, Probe } from '../../source.ts'
import { TableWatch } from '../../table-watch.ts'
import type { MysqlConfig } from '../config.ts'
import { mysqlBesides } from '../connect/connection.ts'
import { offsetContent } from '../resume/offset-content.ts'
import { comingTables, watchedCatalog } from '../tables/watched-catalog.ts'
import { inspectLog } from './inspect.ts'
import { logHistory } from './log-history.ts'

export async function openProbe(
  config: MysqlConfig,
  { source, log, clock }: Pick<Context, 'source' | 'log' | 'clock'>,
  signal: AbortSignal = new AbortController().signal,
): Promise<Probe> {
  const watch = new TableWatch(watchedCatalog(config), log)
  const disk = new DiskLimit(config.disk)
  const history = logHistory(config, { source, clock })
  return await openSideProbe(
    {
      inspection: mysqlBesides(config, source, { use: 'inspect' }),
      inspect: async (connection, about) => {
        const { offset, signal: until } = about
        const state = await inspectLog({ connection, source, history, disk, offset, signal: until })
        const gaps = await watch.inspect(connection, until)
        return gaps === null ? state : { ...state, tables: gaps }
      },
      offsetAt: (connection, _known, until) => offsetContent(connection, until),
      tables: (connection, until) => comingTables(connection, config, until),
      beats: null,
    },
    signal,
  )
}
