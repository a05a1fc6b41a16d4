import type { LogEvent } from '../../../src/model/log-event.ts'
import type { Offset } from '../../../src/model/offset.ts'
import type { Context, Reader } from '../../../src/sources/source.ts'
import { numberOf } from '../number-position.ts'
import { eventsOf } from '../simulated-source.ts'
import type { FileDatabase, LogEntry } from './file-database.ts'
import { offsetAt } from './file-offset.ts'

const POLL_MS = 10

export function fileReader(database: FileDatabase, { source, clock }: Context): Reader {
  return {
    async *read(from, signal) {
      let at = from === 'now' ? database.head : numberOf(from.position)
      if (from === 'now') database.moveBookmark(source, at)
      const born: LogEvent = { type: 'progress', offset: offsetAt(at, 'progress', clock.nowMs()), urgent: false }
      yield from === 'now' ? [born] : []
      while (!signal.aborted) {
        const entries = database.entriesAfter(at)
        at = entries.at(-1)?.at ?? at
        if (entries.length > 0) yield entries.flatMap(transactionOf)
        else await clock.sleep(POLL_MS, signal).catch(() => undefined)
      }
    },
    acknowledge(offset: Offset, onSent: () => void) {
      database.moveBookmark(source, numberOf(offset.position))
      onSent()
    },
    async [Symbol.asyncDispose]() {
      database[Symbol.dispose]()
    },
  }
}

function transactionOf({ at, atMs, id, nonce }: LogEntry): readonly LogEvent[] {
  const rows = id === null ? [] : [{ id, at, payloadBytes: 3 }]
  return eventsOf(
    { rows, pulse: id === null ? { nonce } : null, watched: true, endAt: at, committedAtMs: atMs },
    { offsetAt },
  )
}
