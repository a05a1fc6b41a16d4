import { openSideProbe } from '../../connect/side-probe.ts'
import type { Context, Probe } from '../../source.ts'
import { TableWatch } from '../../table-watch.ts'
import type { MysqlConfig } from '../config.ts'
import { mysqlBesides } from '../connect/connection.ts'
import { offsetContent } from '../resume/offset-content.ts'
import { comingTables, watchedCatalog } from '../tables/watched-catalog.ts'
import { inspectLog } from './inspect.ts'

export async function openProbe(
  config: MysqlConfig,
  { source, log }: Pick<Context, 'source' | 'log'>,
  signal: AbortSignal = new AbortController().signal,
): Promise<Probe> {
  const watch = new TableWatch(watchedCatalog(config), log)
  return await openSideProbe(
    {
      inspection: mysqlBesides(config, source, { use: 'inspect' }),
      inspect: async (connection, about) => {
        const state = await inspectLog({ connection, source, offset: about.offset, signal: about.signal })
        const gaps = await watch.inspect(connection, about.signal)
        return gaps === null ? state : { ...state, tables: gaps }
      },
      offsetAt: (connection, _known, until) => offsetContent(connection, until),
      tables: (connection, until) => comingTables(connection, config, until),
      beats: null,
    },
    signal,
  )
}
