import { OffbeatError } from '../../../src/model/error.ts'
import type { Offset } from '../../../src/model/offset.ts'
import type { Context, Reader } from '../../../src/sources/source.ts'
import type { SimulatedDatabase } from './database.ts'
import { eventsOf } from './event.ts'
import { beginning } from './resume.ts'

const POLL_MS = 5

export function openReader(database: SimulatedDatabase, context: Context): Reader {
  const { log, streams } = database
  const { clock } = context
  const stream = { isCut: false }
  streams.add(stream)
  return {
    async *read(from: Offset | 'now', signal) {
      let at = beginning(database, from, context)
      yield from === 'now'
        ? [{ type: 'progress', offset: log.offsetAt(at, 'progress', clock.nowMs()), urgent: false }]
        : []
      while (!signal.aborted) {
        if (stream.isCut) throw new OffbeatError('DATABASE_CONNECTION_LOST', { message: 'the stream broke' })
        const next = log.nextAfter(at)
        const end = next?.endAt ?? log.head
        if (next !== null) yield eventsOf(next, log)
        else if (end > at)
          yield [{ type: 'progress', offset: log.offsetAt(end, 'progress', clock.nowMs()), urgent: false }]
        else await clock.sleep(POLL_MS, signal).catch(() => undefined)
        at = end
      }
    },
    acknowledge(offset, onSent) {
      log.confirmed = Math.max(log.confirmed ?? 0, log.positions.ordinalOf(offset))
      onSent()
    },
    [Symbol.asyncDispose]: async () => void streams.delete(stream),
  }
}
