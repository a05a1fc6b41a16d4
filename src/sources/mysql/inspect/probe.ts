import { openSideProbe } from '../../connect/side-probe.ts'
import { SideSession } from '../../connect/side-session.ts'
import type { Context, Probe } from '../../source.ts'
import type { MysqlConfig } from '../config.ts'
import { connectMysql } from '../connect/connection.ts'
import { inspectLog } from './inspect.ts'

/** Opens a read-only probe: it writes nothing on its connection. */
export async function openProbe(
  config: MysqlConfig,
  { source }: Pick<Context, 'source'>,
  signal: AbortSignal = new AbortController().signal,
): Promise<Probe> {
  const inspection = new SideSession({
    hosts: config.connection.hosts,
    open: (hosts, options) =>
      connectMysql({ ...config, connection: { ...config.connection, hosts } }, { source, use: 'inspect', ...options }),
  })
  return await openSideProbe(
    {
      inspection,
      inspect: (connection, about) => inspectLog({ connection, source, offset: about.offset, signal: about.signal }),
      beats: null,
    },
    signal,
  )
}
