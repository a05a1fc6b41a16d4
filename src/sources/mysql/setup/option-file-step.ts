import { forPerson } from '../../../model/fix.ts'
import { manualStepIn, type SqlStep } from '../../admin/sql-step.ts'
import type { MysqlConfig } from '../config.ts'
import type { ServiceFacts } from './service.ts'
import { ROW_SETTINGS, SCHEDULER } from './setting.ts'

/**
 * Whether MariaDB has the values in its option file. It reports only where the current value comes from, so a line that is written there is
 * not seen before the next start.
 */
export function optionFileStep(
  { kind }: MysqlConfig,
  service: ServiceFacts,
  withScheduler: boolean,
): readonly SqlStep[] {
  if (kind !== 'mariadb' || service.setting !== null) return []
  const settings = withScheduler ? [...ROW_SETTINGS, SCHEDULER] : ROW_SETTINGS
  const names = settings.map(({ name }) => `'${name.toUpperCase()}'`).join(', ')
  return [
    manualStepIn(null)(
      'option-file',
      'MariaDB forgets what SET GLOBAL changes when it restarts, so write the settings into its option file too.',
      {
        optional: true,
        fix: [
          forPerson(
            `add these lines to the section [mariadb] of the option file: ${settings.map(({ name, value }) => `${name} = ${value}`).join('; ')}`,
          ),
        ],
        done: {
          query: `SELECT ${settings.map(({ name, value }) => `@@GLOBAL.${name} = '${value}'`).join(' AND ')}
            AND NOT EXISTS (SELECT 1 FROM information_schema.SYSTEM_VARIABLES
              WHERE VARIABLE_NAME IN (${names}) AND GLOBAL_VALUE_ORIGIN = 'SQL')`,
          params: [],
        },
      },
    ),
  ]
}
