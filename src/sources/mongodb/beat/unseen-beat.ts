import { inShell } from '../../../model/fix.ts'
import type { Silence } from '../../source.ts'
import type { MongodbConfig } from '../config.ts'
import { heartbeatNamespace } from './heartbeat-collection.ts'

/**
 * Why the stream does not show a heartbeat document that changes. The heartbeat collection is always inside what the stream covers, so the
 * stream is behind, or a majority of the members does not have the change yet.
 */
export function unseenBecause(config: MongodbConfig, source: string): Silence {
  return {
    found: `the document in ${heartbeatNamespace(config)} changes on the server that is read, and the stream does not show it: the stream is behind, or too few members of the set acknowledge what is written`,
    fix: [inShell(`offbeat status ${source}`), inShell(`offbeat doctor ${source}`)],
  }
}
