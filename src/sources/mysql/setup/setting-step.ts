import { forPerson } from '../../../model/fix.ts'
import { manualStepIn, type SqlStep, stepIn } from '../../admin/sql-step.ts'
import type { MysqlConfig, MysqlKind } from '../config.ts'
import { gtidStep } from './gtid-step.ts'
import { retentionStep } from './retention-step.ts'
import type { ServiceFacts } from './service.ts'
import { ROW_SETTINGS, SCHEDULER, type Setting, setFix, setStatement } from './setting.ts'

const step = stepIn(null)
const manual = manualStepIn(null)

/** Settings that have the same effect on every server that logs: the ones that `setup` can change, and the ones that it cannot. */
export function settingSteps(config: MysqlConfig, service: ServiceFacts): readonly SqlStep[] {
  const { kind } = config
  return [
    manual('log-bin', 'The connector reads the binary log.', {
      fix: service.logBin,
      done: { query: 'SELECT @@GLOBAL.log_bin = 1 AND @@GLOBAL.server_id <> 0', params: [] },
      evidence: {
        query: "SELECT CONCAT('log_bin is ', IF(@@GLOBAL.log_bin, 'ON', 'OFF'), ', server_id is ', @@GLOBAL.server_id)",
        params: [],
      },
    }),
    ...ROW_SETTINGS.map((setting) => settingStep(kind, setting, service)),
    ...(kind === 'mysql' ? [gtidStep(config, service)] : []),
    manual('binlog-row-image', ROW_IMAGE, {
      optional: true,
      fix: [setFix(kind, 'binlog_row_image', "'FULL'", service)],
      done: { query: "SELECT @@GLOBAL.binlog_row_image IN ('FULL', 'FULL_NODUP')", params: [] },
    }),
    retentionStep(kind, service),
  ]
}

const ROW_IMAGE =
  'With NOBLOB or MINIMAL, messages leave out columns that a statement did not change. With FULL they have all columns.'

export function schedulerSteps({ kind }: MysqlConfig, service: ServiceFacts): readonly SqlStep[] {
  const disabled = manual(
    'scheduler-disabled',
    'A scheduler that is disabled cannot be turned on while the server runs.',
    {
      blocks: true,
      onlyWhere: 'event_scheduler is DISABLED',
      fix: [
        service.setting?.(SCHEDULER.name, SCHEDULER.value) ?? forPerson('set event_scheduler = ON in the option file'),
        forPerson('then restart the server'),
      ],
      done: { query: "SELECT @@GLOBAL.event_scheduler <> 'DISABLED'", params: [] },
    },
  )
  return [disabled, settingStep(kind, SCHEDULER, service)]
}

function settingStep(kind: MysqlKind, { name, value, why }: Setting, service: ServiceFacts): SqlStep {
  const id = name.replaceAll('_', '-')
  const isSet = `@@GLOBAL.${name} = '${value}'`
  if (service.setting !== null)
    return manual(id, why, {
      fix: [service.setting(name, value)],
      done: { query: `SELECT ${isSet}`, params: [] },
      evidence: { query: `SELECT CONCAT('${name} is ', @@GLOBAL.${name})`, params: [] },
    })
  const done = kind === 'mysql' ? `${isSet} AND ${survivesRestart(name)}` : isSet
  return step(id, why, {
    who: SETTER[kind],
    run: [setStatement(kind, name, `'${value}'`)],
    done: { query: `SELECT ${done}`, params: [] },
  })
}

const SETTER: Readonly<Record<MysqlKind, string>> = {
  mysql: 'a user with SYSTEM_VARIABLES_ADMIN',
  mariadb: 'a user with SUPER or BINLOG ADMIN',
}

/** Whether the value was not set only for the running server. */
function survivesRestart(name: string): string {
  return `NOT EXISTS (SELECT 1 FROM performance_schema.variables_info WHERE VARIABLE_NAME = '${name}' AND VARIABLE_SOURCE = 'DYNAMIC'
    AND NOT EXISTS (SELECT 1 FROM performance_schema.persisted_variables p
      WHERE p.VARIABLE_NAME = '${name}' AND p.VARIABLE_VALUE = @@GLOBAL.${name}))`
}

/** The statements of the plan are those of MySQL 8.0 and later. */
export function versionSteps({ kind }: MysqlConfig, service: ServiceFacts): readonly SqlStep[] {
  if (kind !== 'mysql' || service.setting !== null) return []
  return [
    manual('version', 'MySQL 5.7 has no SET PERSIST and no binlog_row_metadata.', {
      blocks: true,
      onlyWhere: 'the server is MySQL 5.7',
      fix: [
        forPerson(
          'run the printed statements yourself: with SET GLOBAL instead of SET PERSIST, with the settings in the option file too, and without binlog_row_metadata',
        ),
      ],
      done: { query: "SELECT VERSION() NOT LIKE '5.%'", params: [] },
    }),
  ]
}
