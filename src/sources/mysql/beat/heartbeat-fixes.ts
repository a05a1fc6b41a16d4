import { type Fix, inDatabase, query } from '../../../model/fix.ts'
import type { HeartbeatFixes } from '../../heartbeat/facts.ts'
import { lockFix } from '../../heartbeat/lock-holder.ts'
import { quoteAccount } from '../connect/quoting.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import type { BeatSight } from './beat-sight.ts'
import { LOCK_WORDS } from './heartbeat-lock.ts'
import { grantHeartbeat, heartbeatTableName, heartbeatTableStatements, insertHeartbeatRow } from './heartbeat-table.ts'
import { jobFix, jobFixes } from './job/job-fixes.ts'
import { dropTriggers } from './trigger.ts'

export function heartbeatFixes(sight: BeatSight): HeartbeatFixes {
  const { config } = sight
  const name = heartbeatTableName(config)
  const writer = config.heartbeat.source.mode === 'table' ? 'connector' : 'job'
  const asAdministrator = (text: string) => inDatabase(text, ADMINISTRATOR)
  const create = () => heartbeatTableStatements(config, sight.heartbeat.access.account, writer).map(asAdministrator)
  return {
    createTable: create,
    dropTable: () => asAdministrator(`DROP TABLE ${name}`),
    insertRow: () => asAdministrator(insertHeartbeatRow(config)),
    grant: () => {
      const { table, account } = sight.heartbeat.access
      return table === 'hidden' ? create() : [asAdministrator(grantHeartbeat(config, account, writer))]
    },
    grantRead: () => {
      const { user, host } = sight.heartbeat.access.account
      return asAdministrator(`GRANT SELECT ON ${name} TO ${quoteAccount(user, host)}`)
    },
    readRow: () => query(`SELECT id, last_update FROM ${name}`, 'a user with SELECT on the table'),
    makeWritable: () => makeWritable(sight),
    unlock: () => lockFix(sight.heartbeat.holders ?? [], LOCK_WORDS),
    letThrough: () => dropTriggers(sight.heartbeat.triggers),
    checkJob: () => jobFix(config),
    get jobs() {
      const { scheduler } = sight
      return scheduler?.seen === 'scheduler' ? jobFixes(scheduler.scheduler, sight) : null
    },
  }
}

/** Turning read_only off turns super_read_only off too. That of InnoDB can only be set when the server starts. */
function makeWritable({ writing }: BeatSight): readonly Fix[] {
  return writing.readOnly.length === 0 ? [] : [inDatabase('SET GLOBAL read_only = OFF', ADMINISTRATOR)]
}
