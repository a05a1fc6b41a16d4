import { sourceRegistry } from '../../src/sources/source-registry.ts'
import { grant, ROW, SimulatedDatabase, TABLE } from '../support/simulated/database.ts'
import { simulatedDefinition } from '../support/simulated/definition.ts'
import type { RowChange, Stage, StageDatabase } from './stage.ts'

interface SimulatedStageDatabase extends StageDatabase {
  readonly database: SimulatedDatabase
}

export function simulatedStage() {
  const without =
    (...statements: readonly string[]) =>
    async ({ database }: SimulatedStageDatabase) => {
      for (const text of statements) database.done.delete(text)
    }
  return {
    name: 'a simulated database',
    kind: 'simulated',
    hasMonitoring: true,
    async open() {
      const database = SimulatedDatabase.prepared()
      database.done.delete(ROW)
      return stageDatabase(database)
    },
    reader: {
      async begin({ database: { log } }, ids) {
        const rows = ids.map((id) => log.row('c', id))
        return { commit: async () => void log.commit(rows, Date.now()), rollback: async () => undefined }
      },
      async lose({ database }, offset) {
        database.log.lost = true
        return offset
      },
    },
    beat: {
      rows: async ({ database }) => (database.done.has(ROW) ? 1 : 0),
      async job({ database }) {
        database.query(ROW)
        database.log.beat(null, Date.now())
      },
      obstacles: { HEARTBEAT_TABLE_MISSING: without(TABLE, ROW), HEARTBEAT_DENIED: without(grant('WRITE', 'u')) },
    },
    setup: {
      open: async () => stageDatabase(new SimulatedDatabase()),
      async paste({ database }, script) {
        const lines = script.split('\n').filter((line) => line !== '' && !/^(\/\/|use )/u.test(line))
        for (const line of lines) database.query(line)
      },
    },
    doctor: {
      problems: [
        { id: 'heartbeat-table', code: 'HEARTBEAT_TABLE_MISSING', make: without(TABLE, ROW) },
        { id: 'heartbeat-grants', code: 'HEARTBEAT_DENIED', make: without(grant('WRITE', 'u')) },
        { id: 'heartbeat-row', code: 'HEARTBEAT_ROW_MISSING', make: without(ROW) },
      ],
    },
  } satisfies Stage<SimulatedStageDatabase>
}

function stageDatabase(database: SimulatedDatabase): SimulatedStageDatabase {
  const { log } = database
  return {
    database,
    entry: {
      kind: 'simulated',
      url: 'simulated://u:secret-of-u@localhost/simulated',
      heartbeat: { interval: '200ms' },
    },
    sources: sourceRegistry({ simulated: async () => simulatedDefinition(database) }),
    adminUrl: 'simulated://admin:a@localhost/simulated',
    async commit(changes) {
      const rows = changes.map((change) => log.row(...rowOf(change)))
      log.commit(rows, Date.now())
    },
    commitElsewhere: async () => log.writeElsewhere(Date.now()),
    run: async ({ text }) => void database.query(text),
    cut: async () => database.cut(),
    fingerprint: async () => ({ done: new Set(database.done), head: log.head, confirmed: log.confirmed }),
    async [Symbol.asyncDispose]() {
      database.cut()
    },
  }
}

function rowOf(change: RowChange): ['c' | 'u' | 'd', number] {
  if ('insert' in change) return ['c', change.insert]
  return 'update' in change ? ['u', change.update] : ['d', change.delete]
}
