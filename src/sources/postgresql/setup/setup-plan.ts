import type { SetupPlan, SetupVariant } from '../../setup.ts'
import type { PostgresqlConfig } from '../config.ts'

/** What the database needs for this configuration. */
export function setupPlan(_config: PostgresqlConfig, _variant: SetupVariant): SetupPlan {
  return { steps: [], notes: [] }
}
