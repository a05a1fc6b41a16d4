import { beatTimeoutMs, openSideProbe, type ProbeParts, writesBeats } from '../../connect/side-probe.ts'
import { DiskLimit } from '../../disk-limit.ts'
import { probeSilence } from '../../heartbeat/probe-silence.ts'
import type { Context, Probe } from '../../source.ts'
import { TableWatch } from '../../table-watch.ts'
import { beat, endOfLog } from '../beat/heartbeat-beat.ts'
import { heartbeatTableName } from '../beat/heartbeat-table.ts'
import { jobChain } from '../beat/job/job-chain.ts'
import { jobTrace } from '../beat/job/job-trace.ts'
import { LockObserver } from '../beat/lock-wait.ts'
import { unseenBecause } from '../beat/unseen-beat.ts'
import { whyUnwritable } from '../beat/unwritable.ts'
import { MYSQL_DEFAULTS, type MysqlConfig } from '../config.ts'
import { type MysqlConnection, type MysqlSideSession, mysqlBesides } from '../connect/connection.ts'
import { offsetContent } from '../resume/offset-content.ts'
import { comingTables, watchedCatalog } from '../tables/watched-catalog.ts'
import { inspectLog } from './inspect.ts'
import { logHistory } from './log-history.ts'

export async function openProbe(
  config: MysqlConfig,
  { source, log, clock }: Pick<Context, 'source' | 'log' | 'clock'>,
  signal: AbortSignal = new AbortController().signal,
): Promise<Probe> {
  const watch = new TableWatch(watchedCatalog(config, source), log)
  const disk = new DiskLimit(config.disk)
  const history = logHistory(config, { source, clock })
  const inspection = mysqlBesides(config, source, { use: 'inspect' })
  return await openSideProbe(
    {
      inspection,
      inspect: async (connection, about) => {
        const { offset, signal: until } = about
        const state = await inspectLog({ connection, source, history, disk, offset, signal: until })
        const unwritable = await whyUnwritable(connection, config, until)
        const gaps = await watch.inspect(connection, until)
        return { ...state, unwritable, ...(gaps === null ? {} : { tables: gaps }) }
      },
      offsetAt: offsetContent,
      tables: (connection, until) => comingTables(connection, config, until),
      silence: silenceOf(config, { source, clock }),
      beats: writesBeats(config) ? beatsOf(config, { source, log, clock }, inspection) : null,
    },
    signal,
  )
}

function silenceOf(config: MysqlConfig, { source, clock }: Pick<Context, 'source' | 'clock'>) {
  return probeSilence<MysqlConnection>(config.heartbeat.source, {
    table: heartbeatTableName(config),
    words: MYSQL_DEFAULTS.words,
    source,
    clock,
    unseen: (connection, signal) => unseenBecause({ config, source, connection, signal }),
    jobChain: () => jobChain(config, source, clock),
    trace: (cause) => jobTrace(config, source, cause),
  })
}

function beatsOf(
  config: MysqlConfig,
  { source, log, clock }: Pick<Context, 'source' | 'log' | 'clock'>,
  inspection: MysqlSideSession,
): ProbeParts<MysqlConnection>['beats'] {
  const timeoutMs = beatTimeoutMs(config)
  const locks = new LockObserver(config, inspection, clock)
  return {
    session: mysqlBesides(config, source, { use: 'beat', timeoutMs }),
    beat: async (connection, nonce, signal) => {
      await beat(connection, config, { nonce, timeoutMs, signal, log, locks })
      return { reached: await endOfLog(connection, signal) }
    },
  }
}
