import { behindBy } from '../../../src/model/behind.ts'
import { OffbeatError } from '../../../src/model/error.ts'
import type { LogState } from '../../../src/model/log-state.ts'
import type { Offset } from '../../../src/model/offset.ts'
import { writeHeartbeat } from '../../../src/sources/heartbeat/heartbeat-row.ts'
import type { Context, Probe } from '../../../src/sources/source.ts'
import type { SourceConfig } from '../../../src/sources/source-config.ts'
import { logState } from '../log-state.ts'
import { heartbeatRow, refusalOf } from './beat.ts'
import { grant, type SimulatedDatabase, statement } from './database.ts'
import { SIMULATED_SERVER } from './log.ts'
import { resumeOf } from './resume.ts'

export function openProbe(database: SimulatedDatabase, config: SourceConfig, context: Context): Probe {
  const { log } = database
  const user = database.login(config.connection)
  const { mode, intervalMs } = config.heartbeat.source
  async function beat(nonce: string, signal: AbortSignal) {
    signal.throwIfAborted()
    const row = heartbeatRow(database, user, nonce, context.clock.nowMs())
    await writeHeartbeat(row, { timeoutMs: intervalMs, log: context.log })
    return { reached: log.positions.at(log.head).position }
  }
  return {
    async inspect(offset, signal) {
      signal.throwIfAborted()
      const refusal = mode === 'table' ? refusalOf(database, user) : null
      const unwritable = refusal === null ? null : ({ hop: 'written', ...refusal } as const)
      return { ...stateOf(database, user, offset(), context), unwritable }
    },
    ...(mode === 'table' ? { beat } : {}),
    async keptPosition() {
      if (log.confirmed === null) throw new OffbeatError('DATABASE_MISSING', { message: 'no position is kept' })
      return { position: log.positions.at(log.confirmed).position, why: 'the server keeps it', reader: null }
    },
    offsetAt: async () => ({ server: SIMULATED_SERVER, memory: {} }),
    tables: async () => [{ database: 'simulated', schema: 'public', name: 'item' }],
    [Symbol.asyncDispose]: async () => undefined,
  }
}

function stateOf(database: SimulatedDatabase, user: string, offset: Offset | null, context: Context): LogState {
  const { head, confirmed, positions } = database.log
  const lag = offset === null ? null : BigInt(head - positions.ordinalOf(offset))
  const monitor = grant('MONITOR', user)
  const seesHeld = database.done.has(monitor)
  return logState({
    atMs: context.clock.nowMs(),
    server: SIMULATED_SERVER,
    head: { name: 'log', shown: String(head), position: positions.at(head).position, atMs: null },
    writtenBytes: BigInt(head),
    heldBytes: seesHeld ? BigInt(head - (confirmed ?? head)) : null,
    behind: behindBy(lag),
    lagBytes: lag,
    resume: resumeOf(database, user, offset, context),
    unseen: seesHeld ? [] : [{ what: 'the retained log', fix: statement(monitor) }],
  })
}
