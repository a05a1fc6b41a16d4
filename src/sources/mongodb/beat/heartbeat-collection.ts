import { type Fix, inDatabase, inShell, query, type StatementFix } from '../../../model/fix.ts'
import type { MongodbConfig } from '../config.ts'
import { shellCommandText } from '../connect/command-text.ts'
import { createRole, grantRole, type Role } from '../connect/grant.ts'
import { nameUser } from '../connect/mongodb-target.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { writingConfig } from './writing-config.ts'

/** The text of the first document, before a heartbeat has been written. */
export const FIRST_TEXT = 'test_heartbeat'

/** `streamkap.streamkap_heartbeat` */
export function heartbeatNamespace({ heartbeat }: Pick<MongodbConfig, 'heartbeat'>): string {
  return `${heartbeat.source.schema}.${heartbeat.source.table}`
}

/**
 * The role that can do on the heartbeat collection what a heartbeat needs, and nothing else. The built-in roles cover whole databases, so it has
 * to be created.
 */
export function heartbeatWriter({ heartbeat }: Pick<MongodbConfig, 'heartbeat'>): Role {
  const { schema, table } = heartbeat.source
  return {
    name: `${table}_writer`,
    privileges: [{ resource: { db: schema, collection: table }, actions: ['find', 'insert', 'update'] }],
  }
}

/** Creates the role, and gives it to the user of the source. */
export function grantHeartbeatWriter(config: MongodbConfig): readonly Fix[] {
  const role = heartbeatWriter(config)
  if (config.connection.user === null) return [nameUser({ role: role.name, db: 'admin' })]
  return [...createRole(role), grantRole(config, { role: role.name, db: 'admin' })]
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

/** The client that writes a heartbeat also inserts the document. null: no connection of ours can write. */
export function firstHeartbeat(config: MongodbConfig, source: string): Fix | null {
  if (writingConfig(config) === null) return null
  return inShell(`offbeat beat ${source}`, {
    note: 'it inserts the document, as each heartbeat does; nothing else is needed then',
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
