import type { ErrorCode } from '../../../model/error-code.ts'
import { advice, type Check, finding, type Symptom, well } from '../../check.ts'
import { hasCompleteNodup, type ServerVersion } from '../connect/server-version.ts'
import { logOff } from '../resume/position-lost.ts'
import type { Evidence } from './evidence/evidence.ts'
import type { SettingName } from './evidence/settings.ts'
import { findingOf, readOnly, setting } from './finding.ts'

export const logCheck: Check<Evidence> = {
  id: 'log-bin',
  symptom: null,
  title: 'log_bin',
  codes: ['MYSQL_LOG_OFF'],
  run({ facts, source }) {
    if (!facts.logsBinary) return findingOf(logOff({ source }), '')
    return well('the server writes a binary log', 'a server that writes a binary log')
  },
}

interface SettingAbout {
  readonly id: string
  readonly symptom: Symptom | null
  readonly name: SettingName
  readonly code: ErrorCode
  readonly status: 'warn' | 'fail'
  readonly isGood: (value: string, version: ServerVersion) => boolean
  readonly wanted: string
  readonly expected: string
  readonly cost: string
}

/** A setting that the server can change while it runs. */
function settingCheck(about: SettingAbout): Check<Evidence> {
  const { id, symptom, name, code, status, isGood, wanted, expected, cost } = about
  return {
    id,
    symptom,
    title: name,
    codes: [code],
    run(evidence) {
      const { settings, facts, version } = evidence
      const value = settings.get(name)
      // A version without the setting, or without a log: another check reports that.
      if (value === undefined || !facts.logsBinary) return null
      const found = `${name} = ${value === '' ? "''" : value}`
      if (isGood(value, version)) return well(found, expected)
      return finding(status, code, { found: `${found}: ${cost}`, expected, fix: setting(evidence, name, wanted) })
    },
  }
}

export const formatCheck = settingCheck({
  id: 'binlog-format',
  symptom: 4,
  name: 'binlog_format',
  code: 'MYSQL_LOG_FORMAT',
  status: 'fail',
  isGood: (value) => value === 'ROW',
  wanted: "'ROW'",
  expected: 'ROW',
  cost: 'the log has statements without their rows',
})

export const rowImageCheck = settingCheck({
  id: 'row-image',
  symptom: null,
  name: 'binlog_row_image',
  code: 'MYSQL_ROW_IMAGE',
  status: 'warn',
  // FULL_NODUP leaves out of the row after an update what the row before it has.
  isGood: (value, version) => value === 'FULL' || (value === 'FULL_NODUP' && hasCompleteNodup(version)),
  wanted: "'FULL'",
  expected: 'FULL',
  cost: 'messages lack columns, which they mark as unavailable',
})

export const rowMetadataCheck = settingCheck({
  id: 'row-metadata',
  symptom: null,
  name: 'binlog_row_metadata',
  code: 'MYSQL_ROW_METADATA',
  status: 'warn',
  isGood: (value) => value === 'FULL',
  wanted: "'FULL'",
  expected: 'FULL',
  cost: 'the log does not name the columns, and some changes of a watched table stop the connector',
})

/** MySQL logs the changes of a JSON document in place of the document, and the old row has it only if the row image is FULL. */
export const rowOptionsCheck: Check<Evidence> = {
  id: 'row-options',
  symptom: null,
  title: 'binlog_row_value_options',
  codes: ['MYSQL_EVENT_UNSUPPORTED'],
  run(evidence) {
    const { settings, facts } = evidence
    const value = settings.get('binlog_row_value_options')
    if (value === undefined || !facts.logsBinary) return null
    const image = settings.get('binlog_row_image')
    const found = `binlog_row_value_options = ${value === '' ? "''" : value}, binlog_row_image = ${image}`
    const expected = 'no options, or binlog_row_image = FULL'
    if (value === '' || image === 'FULL') return well(found, expected)
    return finding('fail', 'MYSQL_EVENT_UNSUPPORTED', {
      found: `${found}: an update of a part of a JSON document stops the connector`,
      expected,
      fix: setting(evidence, 'binlog_row_value_options', "''"),
    })
  },
}

export const checksumCheck = settingCheck({
  id: 'checksum',
  symptom: null,
  name: 'binlog_checksum',
  code: 'MYSQL_NO_CHECKSUM',
  status: 'warn',
  isGood: (value) => value !== 'NONE',
  wanted: "'CRC32'",
  expected: 'CRC32',
  cost: 'a damaged event is not recognized by its checksum',
})

/** WARN first: clients whose statements do not fit are refused with ON. */
const CONSISTENCY = ['WARN', 'ON']
const ANONYMOUS_ENDED = [
  advice('wait until this count is 0 on every server, and until the replicas have applied everything'),
  readOnly("SHOW GLOBAL STATUS LIKE 'Ongoing_anonymous_transaction_count'"),
]
const MODES = ['OFF', 'OFF_PERMISSIVE', 'ON_PERMISSIVE', 'ON']

export const gtidCheck: Check<Evidence> = {
  id: 'gtid-mode',
  symptom: null,
  title: 'gtid_mode',
  codes: ['MYSQL_NO_GTIDS'],
  run(evidence) {
    const { facts, settings } = evidence
    if (facts.product === 'mariadb' || !facts.logsBinary) return null
    const { gtidMode } = facts
    const expected = 'ON'
    if (gtidMode === 'ON') return well('gtid_mode = ON', expected)
    const consistent = settings.get('enforce_gtid_consistency') === 'ON'
    const steps = MODES.slice(MODES.indexOf(gtidMode) + 1)
    return finding('warn', 'MYSQL_NO_GTIDS', {
      found: `gtid_mode = ${gtidMode}: offsets contain a file and a position, which are valid only on this server`,
      expected,
      fix: [
        advice(
          'on every server of the replication, the replicas first, and each step on all of them before the next step',
        ),
        ...(consistent ? [] : CONSISTENCY.flatMap((value) => setting(evidence, 'enforce_gtid_consistency', value))),
        ...steps.flatMap((mode) => [
          ...(mode === 'ON' ? ANONYMOUS_ENDED : []),
          ...setting(evidence, 'gtid_mode', mode),
        ]),
      ],
    })
  },
}
