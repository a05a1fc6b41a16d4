import { query } from '../../../src/model/fix.ts'
import type { SourceDefinition } from '../../../src/sources/source.ts'
import type { SourceConfig } from '../../../src/sources/source-config.ts'
import { MONGOSH } from '../script-form.ts'
import { checkupIn } from './checkup.ts'
import { SIMULATED_DEFAULTS, simulatedSchema } from './config.ts'
import { grant, ROW, type SimulatedDatabase, TABLE } from './database.ts'
import { openProbe } from './probe.ts'
import { openReader } from './reader.ts'
import { permissionError } from './resume.ts'
import { openAdmin, setupPlan } from './setup.ts'

/**
 * The source definition of a database in memory, with all parts. It provides only what is specific to it; the rest is what all databases
 * share.
 */
export function simulatedDefinition(database: SimulatedDatabase): SourceDefinition<SourceConfig> {
  return {
    kind: 'simulated',
    config: simulatedSchema,
    defaults: SIMULATED_DEFAULTS,
    facts: { title: 'Simulated', stream: 'it', heartbeatTable: 'beat', where: '-', readOnlyForm: '-', scheduler: '-' },
    positions: database.log.positions.codec,
    positionFields: ['at'],
    transactionIds: 'number',
    script: MONGOSH,
    unseenFix: () => [query(`SHOW ${ROW}`, 'any user')],
    async probe(config, context, signal) {
      signal?.throwIfAborted()
      return openProbe(database, config, context)
    },
    async reader({ connection }, context, signal) {
      signal?.throwIfAborted()
      const refused = permissionError(database, database.login(connection))
      if (refused !== null) throw refused
      return openReader(database, context)
    },
    setup: { services: ['self-managed'], plan: setupPlan },
    admin: (config, url) => openAdmin(database, config, url),
    checkup: async () => checkupIn(database),
    survey: async ({ connection }) => ({
      server: 'a simulated server',
      readOnly: false,
      administrator: database.done.has(grant('ADMINISTER', database.login(connection))),
      tables: ['public.item', 'public.unwatched'],
      changesPerSecond: null,
      scheduler: false,
      heartbeat: database.done.has(TABLE),
      settings: {},
      remarks: [],
    }),
  }
}
