import { query } from '../../../src/model/fix.ts'
import type { AdminSession } from '../../../src/sources/admin-session.ts'
import { type Check, type CheckContext, checkupOf, evidenceOf, type Seen, well } from '../../../src/sources/check.ts'
import type { SourceDefinition } from '../../../src/sources/source.ts'
import type { SourceConfig } from '../../../src/sources/source-config.ts'
import { sourceRegistry } from '../../../src/sources/source-registry.ts'
import { numberPositions } from '../number-position.ts'
import { SIMULATED_DEFAULTS, simulatedSchema } from '../simulated-config.ts'
import { FileDatabase } from './file-database.ts'
import { HEARTBEAT_STEP, HEARTBEAT_TABLE } from './heartbeat-step.ts'
import { fileProbe } from './probe.ts'
import { fileReader } from './reader.ts'

interface Evidence {
  readonly heartbeatTable: boolean
}

const HEARTBEAT_CHECK: Check<Evidence> = {
  id: 'simulated.heartbeat-table',
  symptom: 1,
  title: 'heartbeat table',
  codes: ['HEARTBEAT_TABLE_MISSING'],
  look: ({ heartbeatTable }) =>
    heartbeatTable
      ? well(`the table ${HEARTBEAT_TABLE} is there`, 'the heartbeat table')
      : {
          status: 'fail',
          code: 'HEARTBEAT_TABLE_MISSING',
          found: `no table ${HEARTBEAT_TABLE}`,
          expected: 'the heartbeat table',
          fix: HEARTBEAT_STEP.fix.map((fix) => ({ ...fix, manualBecause: null })),
        },
}

const CHECKUP = checkupOf(
  async (config: SourceConfig, _context: CheckContext): Promise<Evidence> => {
    using database = open(config)
    const heartbeatTable: Seen<boolean> = { seen: database.hasHeartbeatTable }
    return evidenceOf<Evidence>({ heartbeatTable })
  },
  [HEARTBEAT_CHECK],
)

/** The file's path is in the place of the database's name. */
function open(config: SourceConfig): FileDatabase {
  return new FileDatabase(config.connection.database ?? '')
}

function adminOf(config: SourceConfig): AdminSession {
  const database = open(config)
  return {
    place: { is: 'same' },
    state: async () => (database.hasHeartbeatTable ? 'there' : 'missing'),
    evidence: async () => ({ found: [`no table ${HEARTBEAT_TABLE}`], remedies: [], isComplete: false }),
    apply: async (step) => {
      for (const fix of step.fix) database.run(fix.text)
    },
    run: async (statement) => database.run(statement.text),
    async [Symbol.asyncDispose]() {
      database[Symbol.dispose]()
    },
  }
}

const FILE_SOURCE: SourceDefinition<SourceConfig> = {
  kind: 'simulated',
  config: simulatedSchema,
  defaults: SIMULATED_DEFAULTS,
  facts: { title: 'File', heartbeatTable: HEARTBEAT_TABLE, where: 'the file', readOnlyForm: 'no', scheduler: 'none' },
  positions: numberPositions,
  placeFields: ['at'],
  transactionIds: 'number',
  script: {
    name: 'script',
    client: 'sqlite3',
    comment: '-- ',
    statement: (text) => `${text};`,
    enter: (database) => `.open ${database}`,
  },
  unseenFix: () => [query(`SELECT beats FROM ${HEARTBEAT_TABLE}`, 'anyone')],
  probe: async (config, context) => fileProbe(open(config), context, config.heartbeat.source.mode === 'table'),
  reader: async (config, context) => fileReader(open(config), context),
  setup: {
    services: ['self-managed'],
    plan: () => ({ form: 'the connector updates the row', steps: [HEARTBEAT_STEP], notes: [], outside: [] }),
  },
  checkup: async () => CHECKUP,
  admin: async (config) => adminOf(config),
  survey: async (config) => {
    using database = open(config)
    return {
      server: 'a file',
      readOnly: false,
      administrator: true,
      tables: ['public.rows'],
      changesPerSecond: null,
      scheduler: false,
      heartbeat: database.hasHeartbeatTable,
      settings: {},
      remarks: [],
    }
  },
}

/** The only kind of a program that knows no real database. */
export const FILE_SOURCES = sourceRegistry({ simulated: async () => FILE_SOURCE })
