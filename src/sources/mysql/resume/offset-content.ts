import type { OffsetContent } from '../../source.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { identityOf, readServerFacts } from '../inspect/server-facts.ts'

/** Everything that an offset needs except its position. */
export async function offsetContent(connection: MysqlConnection, signal: AbortSignal): Promise<OffsetContent> {
  return { server: identityOf(await readServerFacts(connection, signal)), memory: {} }
}
