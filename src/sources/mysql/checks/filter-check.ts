import { listed } from '../../../doctor/checks/finding.ts'
import { advice, type Check, type CheckFix, type CheckResult, finding, well } from '../../check.ts'
import { quoteTable } from '../connect/quoting.ts'
import type { Evidence } from './evidence/evidence.ts'
import type { Channel } from './evidence/replication.ts'
import { isFiltering, leavesOut, type TableFilters } from './evidence/table-filter.ts'
import { statement } from './finding.ts'
import { channelCommands } from './replica-check.ts'
import { heartbeatOf, watchedOf } from './watched.ts'

/** The tables that the rules leave out, and whether heartbeats depend on one. */
function leftOut(evidence: Evidence, filters: TableFilters): readonly string[] {
  return [...heartbeatOf(evidence), ...watchedOf(evidence)]
    .filter((table) => leavesOut(filters, table))
    .map((table) => quoteTable(table))
}

const NOTHING = 'no rule that leaves out the heartbeat table or a watched table'

export const logFilterCheck: Check<Evidence> = {
  id: 'log-filters',
  symptom: 4,
  title: 'filters of the binary log',
  codes: ['MYSQL_LOG_FILTERED'],
  run(evidence) {
    const { logFilters } = evidence
    const { doDatabases, ignoreDatabases } = logFilters
    const rules = [
      ...doDatabases.map((name) => `binlog_do_db = ${name}`),
      ...ignoreDatabases.map((name) => `binlog_ignore_db = ${name}`),
    ]
    const tables = leftOut(evidence, logFilters)
    if (tables.length === 0) return well(rules.length === 0 ? 'none' : rules.join(', '), NOTHING)
    return finding('fail', 'MYSQL_LOG_FILTERED', {
      found: `${rules.join(', ')}: the log does not have ${listed(tables)}`,
      expected: NOTHING,
      fix: [
        advice('remove the lines binlog_do_db and binlog_ignore_db from the option file of the server'),
        advice('restart the server'),
      ],
    })
  },
}

export const replicationFilterCheck: Check<Evidence> = {
  id: 'replication-filters',
  symptom: 4,
  title: 'filters of the replication to the server that is read',
  codes: ['MYSQL_REPLICATION_FILTERED'],
  run(evidence) {
    const { channels } = evidence
    if (channels.length === 0) return null
    return channels.map((channel) => ofChannel(evidence, channel)).find(({ status }) => status === 'fail') ?? NONE
  },
}

const NONE = well('nothing that is watched is left out', NOTHING)

function ofChannel(evidence: Evidence, channel: Channel): CheckResult {
  const tables = isFiltering(channel.filters) ? leftOut(evidence, channel.filters) : []
  if (tables.length === 0) return NONE
  return finding('fail', 'MYSQL_REPLICATION_FILTERED', {
    found: `the replica neither applies nor logs ${listed(tables)}`,
    expected: NOTHING,
    fix: removal(evidence, channel),
  })
}

const RULES = [
  'replicate_do_db',
  'replicate_ignore_db',
  'replicate_do_table',
  'replicate_ignore_table',
  'replicate_wild_do_table',
  'replicate_wild_ignore_table',
]
const ON_PURPOSE = 'the filter may be there on purpose'

function removal({ version }: Evidence, channel: Channel): readonly CheckFix[] {
  const { stop, start, forChannel } = channelCommands(version, channel)
  const remove =
    version.product === 'mysql'
      ? [`CHANGE REPLICATION FILTER ${RULES.map((rule) => `${rule.toUpperCase()} = ()`).join(', ')}${forChannel}`]
      : RULES.map((rule) => `SET GLOBAL ${rule} = ''`)
  return [
    ...[stop, ...remove, start].map((text) => statement(text, ON_PURPOSE)),
    advice('remove the rules from the option file of the replica too, if they are there'),
  ]
}
