import { isDeepStrictEqual } from 'node:util'
import type { OffsetContent } from '../../source.ts'
import { tableFilter } from '../../table-pattern.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { identityOf, lookAtServer } from '../inspect/server-facts.ts'
import { LogMemory } from '../read/log-memory.ts'
import { rememberPresentKeys } from '../tables/present-keys.ts'

/**
 * What an offset needs beside its position. What the log has to tell of keys from there on is remembered now: a change to a table between
 * this and the next start would make it unknown. What `known` remembers of the same server holds for any position, since it is compared with
 * what is read.
 */
export async function offsetAt(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  { known, signal }: { readonly known: OffsetContent | null; readonly signal: AbortSignal },
): Promise<OffsetContent> {
  const server = identityOf(await lookAtServer(connection, config, { signal }))
  const isSame = known !== null && isDeepStrictEqual(known.server, server)
  const memory = new LogMemory(isSame ? known.memory : {})
  const { publication, slot, tables, exclude } = config
  await rememberPresentKeys(
    (sql, params) => connection.query(sql, params, { signal }),
    { publication, slot, since: null, isWatched: tableFilter(tables, exclude) },
    memory,
  )
  return { server, memory: memory.document }
}
