import { OffbeatError } from '../../../src/model/error.ts'
import type { Secret } from '../../../src/model/secret.ts'
import { formOf, inForm, SOURCE_OFF } from '../../../src/setup/setup-form.ts'
import { adminConnection } from '../../../src/sources/admin/admin-connection.ts'
import { openSqlAdmin, type SqlSession } from '../../../src/sources/admin/sql-admin-session.ts'
import { PASSWORD, stepIn } from '../../../src/sources/admin/sql-step.ts'
import type { AdminSession } from '../../../src/sources/admin-session.ts'
import type { SetupPlan, SetupVariant } from '../../../src/sources/setup.ts'
import type { SourceConfig } from '../../../src/sources/source-config.ts'
import { SIMULATED_DEFAULTS } from './config.ts'
import { grant, ROW, type SimulatedDatabase, TABLE } from './database.ts'

export function setupPlan(config: SourceConfig, variant: SetupVariant): SetupPlan {
  const own = inForm(config, variant, SIMULATED_DEFAULTS.heartbeat)
  const { mode } = own.heartbeat.source
  const user = config.connection.user ?? SIMULATED_DEFAULTS.connectorUser
  const inDatabase = stepIn('simulated')
  const step = (id: string, why: string, ...run: readonly string[]) =>
    inDatabase(id, why, { run, done: { query: `SHOW ${run.at(-1)}`, params: [] } })
  return {
    form: formOf(own, SIMULATED_DEFAULTS.words),
    steps: [
      inDatabase('user', 'The connector has a user of its own.', {
        run: [`CREATE USER ${user} PASSWORD ${PASSWORD}`],
        done: { query: `SHOW CREATE USER ${user}`, params: [] },
        placeholder: PASSWORD,
        passwordLiteral: (password) => `'${password.reveal()}'`,
      }),
      step('read', 'The user reads the log.', grant('READ', user)),
      ...(variant.monitoring ? [step('monitor', 'The retained log is seen.', grant('MONITOR', user))] : []),
      ...(mode === 'off' ? [] : [step('heartbeat-table', 'Heartbeats change its row.', TABLE, ROW)]),
      ...(mode === 'table' ? [step('write', 'The connector writes the row.', grant('WRITE', user))] : []),
    ],
    notes: mode === 'off' ? [SOURCE_OFF] : [],
    outside: [],
  }
}

export async function openAdmin(database: SimulatedDatabase, config: SourceConfig, url: Secret): Promise<AdminSession> {
  const user = database.login(adminConnection(config, url, SIMULATED_DEFAULTS))
  if (!database.done.has(grant('ADMINISTER', user)))
    throw new OffbeatError('DATABASE_PERMISSION', { message: `${user} is no administrator` })
  const session: SqlSession = {
    isOpen: true,
    query: async (text) => [{ done: String(database.query(text)) }],
    [Symbol.asyncDispose]: async () => undefined,
  }
  const target = async () => ({ is: 'same' }) as const
  const connect = async () => session
  const { signal } = new AbortController()
  return await openSqlAdmin({ captured: 'simulated', connect, target, isMissing: () => false }, signal)
}
