import type { MongodbConnection } from '../connect/connection.ts'
import { numberOf } from '../connect/reply.ts'

/** The no-ops that a primary writes to its oplog while nobody writes. They give an idle stream new tokens. */
export interface Noops {
  /** null: the server does not report it. */
  readonly areWritten: boolean | null
  readonly everySeconds: number | null
}

/** null: a router, which writes none itself. */
export async function readNoops(connection: MongodbConnection, signal: AbortSignal): Promise<Noops | null> {
  const { role } = connection.facts
  if (role === 'mongos' || role === 'standalone') return null
  const command = { getParameter: 1, writePeriodicNoops: 1, periodicNoopIntervalSecs: 1 }
  const { writePeriodicNoops, periodicNoopIntervalSecs } = await connection.command('admin', command, { signal })
  const areWritten = typeof writePeriodicNoops === 'boolean' ? writePeriodicNoops : null
  return { areWritten, everySeconds: numberOf(periodicNoopIntervalSecs) }
}
