import { DiskLimit } from '../../disk-limit.ts'
import type { Context, Probe } from '../../source.ts'
import { endOfLog } from '../beat/end-of-log.ts'
import { beat } from '../beat/heartbeat-beat.ts'
import { JobChain } from '../beat/job/job-chain.ts'
import { jobTrace } from '../beat/job/job-trace.ts'
import { outsideChain } from '../beat/job/outside-job.ts'
import { emitMessage } from '../beat/logical-message.ts'
import { unseenBecause } from '../beat/unseen-beat.ts'
import type { PostgresqlConfig } from '../config.ts'
import { besides, type SideConnection } from '../connect/connection.ts'
import { offsetAt } from '../resume/offset-at.ts'
import { positionOfSlot } from '../resume/slot-position.ts'
import { comingTables, TableWatch } from '../tables/table-watch.ts'
import { inspectLog } from './inspect.ts'

const LONGEST_BEAT_MS = 10_000

/** Side connections: one to look, and in the modes `table` and `message` one to beat. Without that there is no code path that writes. */
export async function openProbe(
  config: PostgresqlConfig,
  context: Context,
  signal: AbortSignal = new AbortController().signal,
): Promise<Probe> {
  const look = besides(config, context.source, { use: 'look' })
  const disk = new DiskLimit(config.disk)
  const watch = new TableWatch(config, context)
  const inspect: Probe['inspect'] = (offset, signal, show) =>
    look.use(signal, async (connection, until) => {
      const queries = show?.queries === true
      const latest = show?.latest
      const state = await inspectLog({ connection, config, context, offset, latest, signal: until, queries, disk })
      const gaps = await watch.look(connection, until)
      return gaps === null ? state : { ...state, tables: gaps }
    })
  const tables = (signal: AbortSignal) =>
    look.use(signal, (connection, until) => comingTables(connection, config, { signal: until }))
  const positions: Pick<Probe, 'keptPosition' | 'offsetAt'> = {
    keptPosition: (signal) =>
      look.use(signal, (connection, until) =>
        positionOfSlot(connection, config, { source: context.source, signal: until }),
      ),
    offsetAt: (_position, known, signal) =>
      look.use(signal, (connection, until) => offsetAt(connection, config, { known, signal: until })),
  }
  try {
    await look.use(signal, async () => undefined)
  } catch (error) {
    await look[Symbol.asyncDispose]()
    throw error
  }
  const { mode } = config.heartbeat.source
  if (config.readOnly || (mode !== 'table' && mode !== 'message'))
    return {
      inspect,
      ...positions,
      tables,
      ...traceOf(config, context, look),
      [Symbol.asyncDispose]: () => look[Symbol.asyncDispose](),
    }
  const unseen = (signal: AbortSignal) =>
    look.use(signal, (connection, until) =>
      unseenBecause({ config, source: context.source, connection, signal: until }),
    )
  const beats = beater(config, context)
  return {
    inspect,
    ...positions,
    tables,
    beat: beats.beat,
    ...(mode === 'table' ? { silence: unseen } : {}),
    async [Symbol.asyncDispose]() {
      await Promise.all([look[Symbol.asyncDispose](), beats.connection[Symbol.asyncDispose]()])
    },
  }
}

/** Only where a job is to change the row. */
function traceOf(config: PostgresqlConfig, context: Context, look: SideConnection): Pick<Probe, 'silence'> {
  if (config.heartbeat.source.mode !== 'job') return {}
  const { source, clock } = context
  const isOutside = config.heartbeat.source.by === 'external'
  const chain = isOutside ? outsideChain(config, source) : new JobChain(config, source, clock)
  const trace = jobTrace(config, source, chain)
  return {
    silence: (signal) => look.use(signal, (connection, until) => trace.look(connection, clock.monotonicMs(), until)),
  }
}

function beater(config: PostgresqlConfig, context: Context) {
  const timeoutMs = Math.min(LONGEST_BEAT_MS, Math.max(1, Math.floor(config.heartbeat.source.intervalMs * 0.8)))
  // The server's own timeout ends the statement; ours, a little later, a server that does not answer.
  const write = config.heartbeat.source.mode === 'message' ? emitMessage : beat
  const connection = besides(config, context.source, {
    use: 'beat',
    settings: { statement_timeout: String(timeoutMs) },
  })
  return {
    connection,
    beat: (nonce: string, signal: AbortSignal) =>
      connection.use(signal, async (open, until) => {
        await write(open, config, { nonce, timeoutMs: timeoutMs + 500, signal: until, log: context.log })
        return { reached: await endOfLog(open, until) }
      }),
  }
}
