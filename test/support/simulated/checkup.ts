import { heartbeatChecks } from '../../../src/doctor/checks/heartbeat-checks.ts'
import { TABLE_WORDS } from '../../../src/model/data-words.ts'
import { query } from '../../../src/model/fix.ts'
import { type Checkup, checkupOf } from '../../../src/sources/check.ts'
import type { HeartbeatEvidence, HeartbeatFacts, HeartbeatFixes } from '../../../src/sources/heartbeat/facts.ts'
import type { SourceConfig } from '../../../src/sources/source-config.ts'
import { createTable } from './beat.ts'
import { grant, ROW, type SimulatedDatabase, statement, TABLE } from './database.ts'

const TITLES = { words: TABLE_WORDS, scheduler: null }

/** Uses the checks that all databases share. Only the facts and the statements are specific to this database. */
export function checkupIn(database: SimulatedDatabase): Checkup<SourceConfig> {
  const { notFound, denied, unchanged } = heartbeatChecks<HeartbeatEvidence>('simulated', (it) => it, TITLES)
  return checkupOf(
    async (config: SourceConfig, { source, signs, clock }) => {
      const { mode, by, intervalMs } = config.heartbeat.source
      const user = database.login(config.connection)
      const [heartbeat, fixes] = [factsOf(database, user), fixesFor(user)]
      const about = { source, mode, by, intervalMs, signs, nowMs: clock.nowMs(), words: TABLE_WORDS }
      return { ...about, heartbeat, scheduler: null, fixes, replicaWord: 'replica' as const }
    },
    [...notFound, ...denied, ...unchanged],
  )
}

function factsOf({ done }: SimulatedDatabase, user: string): HeartbeatFacts {
  const isThere = done.has(TABLE)
  const lacks = done.has(grant('WRITE', user)) ? [] : ['WRITE']
  const times = { ageMs: null, committedAgoMs: null, otherZones: false, updated: null }
  return {
    ...{ name: 'heartbeat', location: 'the simulated database', user, expected: 'a table heartbeat' },
    table: isThere ? { is: 'there', lacksColumns: [] } : { is: 'missing', found: 'there is no table heartbeat' },
    grants: isThere ? { expected: 'WRITE', lacks } : null,
    row: isThere ? { first: done.has(ROW), ...times } : null,
    ...{ readOnly: null, keepsTimes: null, isLocked: false, lockedBy: null, suppressedBy: null },
  }
}

function fixesFor(user: string): HeartbeatFixes {
  const write = statement(grant('WRITE', user))
  const none = () => []
  return {
    createTable: () => createTable(user),
    dropTable: () => statement('DROP TABLE heartbeat'),
    insertRow: () => statement(ROW),
    grant: () => [write],
    grantRead: () => write,
    readRow: () => query(`SHOW ${ROW}`, 'any user'),
    ...{ makeWritable: none, unlock: none, letThrough: none, checkJob: none, jobs: null },
  }
}
