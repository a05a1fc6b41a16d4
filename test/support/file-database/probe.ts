import { behindBy } from '../../../src/model/behind.ts'
import { OffbeatError } from '../../../src/model/error.ts'
import type { LogState } from '../../../src/model/log-state.ts'
import type { Offset } from '../../../src/model/offset.ts'
import type { Position } from '../../../src/model/position.ts'
import type { Context, Probe } from '../../../src/sources/source.ts'
import { numberOf, positionAt } from '../number-position.ts'
import { SIMULATED_SERVER } from '../simulated-log.ts'
import type { FileDatabase } from './file-database.ts'

export function fileProbe(database: FileDatabase, context: Context, writes: boolean): Probe {
  const { source } = context
  return {
    inspect: async (offset) => stateOf(database, offset, context),
    ...(writes ? { beat: async (nonce: string) => beat(database, nonce) } : {}),
    keptPosition: async () => {
      const at = database.bookmark(source)
      if (at === null) throw new OffbeatError('DATABASE_MISSING', { message: `there is no bookmark ${source}` })
      return { position: positionAt(at), why: `the bookmark ${source} is here`, reader: null }
    },
    offsetAt: async () => ({ server: SIMULATED_SERVER, memory: {} }),
    tables: async () => [{ database: 'simulated', schema: 'public', name: 'rows' }],
    async [Symbol.asyncDispose]() {
      database[Symbol.dispose]()
    },
  }
}

function beat(database: FileDatabase, nonce: string): { readonly reached: Position } {
  database.beat(nonce)
  return { reached: positionAt(database.head) }
}

function stateOf(database: FileDatabase, offset: Offset | null, { source, clock }: Context): LogState {
  const { head } = database
  const lag = offset === null ? null : BigInt(head - numberOf(offset.position))
  return {
    atMs: clock.nowMs(),
    server: SIMULATED_SERVER,
    run: { system: 'file', run: 'the only one' },
    head: { name: 'log', shown: `entry ${head}`, position: positionAt(head), atMs: null },
    writtenBytes: BigInt(head),
    heldBytes: BigInt(head - (database.bookmark(source) ?? head)),
    behind: behindBy(lag),
    lagBytes: lag,
    lagMs: null,
    limits: [],
    blockers: [],
    resume: { can: 'yes', as: 'same server', why: 'the log is never removed' },
    unwritable: null,
    unseen: [],
  }
}
