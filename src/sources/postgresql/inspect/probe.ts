import { beatTimeoutMs, openSideProbe, type ProbeParts, writesBeats } from '../../connect/side-probe.ts'
import { DiskLimit } from '../../disk-limit.ts'
import { probeSilence } from '../../heartbeat/probe-silence.ts'
import type { Context, Probe } from '../../source.ts'
import { TableWatch } from '../../table-watch.ts'
import { beat, endOfLog } from '../beat/heartbeat-beat.ts'
import { heartbeatTableName } from '../beat/heartbeat-table.ts'
import { jobChain } from '../beat/job/job-chain.ts'
import { jobTrace } from '../beat/job/job-trace.ts'
import { emitMessage } from '../beat/logical-message.ts'
import { unseenBecause } from '../beat/unseen-beat.ts'
import { POSTGRESQL_DEFAULTS, type PostgresqlConfig } from '../config.ts'
import { besides, type PostgresConnection } from '../connect/connection.ts'
import { offsetAt, positionOfSlot } from '../resume/kept-position.ts'
import { comingTables, watchedCatalog } from '../tables/watched-catalog.ts'
import { inspectLog } from './inspect.ts'

type Parts = ProbeParts<PostgresConnection>

export async function openProbe(
  config: PostgresqlConfig,
  context: Context,
  signal: AbortSignal = new AbortController().signal,
): Promise<Probe> {
  const { source } = context
  const disk = new DiskLimit(config.disk)
  const watch = new TableWatch(watchedCatalog(config), context.log)
  const parts: Parts = {
    inspection: besides(config, source, { use: 'inspect' }),
    inspect: async (connection, { offset, show, signal: until }) => {
      const { queries = false } = show
      const state = await inspectLog({ connection, config, context, offset, signal: until, queries, disk })
      const gaps = await watch.inspect(connection, until)
      return gaps === null ? state : { ...state, tables: gaps }
    },
    silence: silenceOf(config, context),
    keptPosition: (connection, until) => positionOfSlot(connection, config, { source, signal: until }),
    offsetAt: (connection, about) => offsetAt(connection, config, about),
    tables: (connection, until) => comingTables(connection, config, { signal: until }),
    beats: writesBeats(config) ? beatsOf(config, context) : null,
  }
  return await openSideProbe(parts, signal)
}

function silenceOf(config: PostgresqlConfig, { source, clock }: Context) {
  return probeSilence<PostgresConnection>(config.heartbeat.source, {
    table: heartbeatTableName(config),
    words: POSTGRESQL_DEFAULTS.words,
    source,
    clock,
    unseen: (connection, signal) => unseenBecause({ config, source, connection, signal }),
    jobChain: () => jobChain(config, source, clock),
    trace: (cause) => jobTrace(config, source, cause),
  })
}

function beatsOf(config: PostgresqlConfig, { source, log }: Context): Parts['beats'] {
  const timeoutMs = beatTimeoutMs(config)
  const write = config.heartbeat.source.mode === 'message' ? emitMessage : beat
  return {
    // The server's own timeout ends the statement. Ours is a little later and covers a server that does not answer.
    session: besides(config, source, { use: 'beat', settings: { statement_timeout: String(timeoutMs) } }),
    beat: async (connection, nonce, signal) => {
      await write(connection, config, { nonce, timeoutMs: timeoutMs + 500, signal, log })
      return { reached: await endOfLog(connection, signal) }
    },
  }
}
