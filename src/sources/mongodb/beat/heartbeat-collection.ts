import { inDatabase, query, type StatementFix } from '../../../model/fix.ts'
import type { MongodbConfig } from '../config.ts'
import { shellCommandText } from '../connect/command-text.ts'
import { grantRole } from '../connect/grant.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'

/** The text of the first document, before a heartbeat has been written. */
export const FIRST_TEXT = 'test_heartbeat'

/** `streamkap.streamkap_heartbeat` */
export function heartbeatNamespace({ heartbeat }: Pick<MongodbConfig, 'heartbeat'>): string {
  return `${heartbeat.source.schema}.${heartbeat.source.table}`
}

/** The role that may do on the heartbeat collection what a heartbeat needs, and nothing else. */
export function heartbeatRole({ heartbeat }: Pick<MongodbConfig, 'heartbeat'>): string {
  return `${heartbeat.source.table}_writer`
}

/** A built-in role covers whole databases, so a role for one collection has to be created. */
export function createHeartbeatRole(config: MongodbConfig): StatementFix {
  const { schema, table } = config.heartbeat.source
  const actions = ['find', 'insert', 'update']
  const create = statement('admin', {
    createRole: heartbeatRole(config),
    privileges: [{ resource: { db: schema, collection: table }, actions }],
    roles: [],
  })
  return { ...create, note: 'it is harmless if the role exists already' }
}

export function grantHeartbeatRole(config: MongodbConfig): StatementFix {
  return grantRole(config, { role: heartbeatRole(config), db: 'admin' })
}

/** Creates the collection too. It changes nothing if the document exists. */
export function insertHeartbeat({ heartbeat }: Pick<MongodbConfig, 'heartbeat'>): StatementFix {
  const { schema, table } = heartbeat.source
  return statement(schema, {
    update: table,
    updates: [
      {
        q: { _id: 1 },
        u: [
          { $set: { text: { $ifNull: ['$text', FIRST_TEXT] }, last_update: { $ifNull: ['$last_update', '$$NOW'] } } },
        ],
        upsert: true,
      },
    ],
  })
}

/** A query that shows the document. */
export function readHeartbeat({ heartbeat }: Pick<MongodbConfig, 'heartbeat'>): StatementFix {
  const { schema, table } = heartbeat.source
  const command = { find: table, filter: { _id: 1 } }
  return query(shellCommandText({ database: schema, command }), 'a user with find on the collection')
}

export function dropHeartbeat({ heartbeat }: Pick<MongodbConfig, 'heartbeat'>): StatementFix {
  const { schema, table } = heartbeat.source
  return statement(schema, { drop: table })
}

function statement(database: string, command: Parameters<typeof shellCommandText>[0]['command']): StatementFix {
  return inDatabase(shellCommandText({ database, command }), ADMINISTRATOR)
}
