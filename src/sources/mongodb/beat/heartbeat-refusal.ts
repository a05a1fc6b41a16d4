import type { OffbeatError } from '../../../model/error.ts'
import { alternative, type Fix, forPerson, inDatabase, inFile, query } from '../../../model/fix.ts'
import type { BeatRefusal } from '../../heartbeat/heartbeat-row.ts'
import type { MongodbConfig } from '../config.ts'
import { isDirect } from '../connect/client-options.ts'
import { shellCommandText } from '../connect/command-text.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { grantHeartbeatWriter, heartbeatNamespace } from './heartbeat-collection.ts'

interface Attempt {
  readonly connection: MongodbConnection
  readonly config: MongodbConfig
  readonly signal: AbortSignal
}

type Kind = 'denied' | 'read-only' | 'slow' | 'shape'

/** The server's error codes that say why a document cannot be written. */
const KINDS: Readonly<Record<number, Kind>> = {
  13: 'denied', // Unauthorized
  24: 'slow', // LockTimeout
  50: 'slow', // MaxTimeMSExpired
  64: 'slow', // WriteConcernTimeout: a majority of the members does not have it in time
  112: 'slow', // WriteConflict
  121: 'shape', // DocumentValidationFailure
  166: 'shape', // CommandNotSupportedOnView
  189: 'read-only', // PrimarySteppedDown
  262: 'slow', // ExceededTimeLimit
  10107: 'read-only', // NotWritablePrimary
  13435: 'read-only', // NotPrimaryNoSecondaryOk
}

/** Like `HeartbeatRow.refusal`. A missing collection is no failure: the first write creates it. */
export async function heartbeatRefusal(error: OffbeatError | null, attempt: Attempt): Promise<BeatRefusal | null> {
  const { config } = attempt
  switch (error === null ? undefined : KINDS[Number(error.details['code'])]) {
    case 'denied':
      return {
        code: 'HEARTBEAT_DENIED',
        expected: 'find, insert and update on the collection',
        fix: grantHeartbeatWriter(config),
      }
    case 'read-only':
      // In a connection to the whole set it is an election, and the next heartbeat goes to the new primary.
      if (!isDirect(config)) return null
      return {
        code: 'HEARTBEAT_READ_ONLY',
        expected: 'the primary of the replica set',
        fix: [
          query(shellCommandText({ database: 'admin', command: { hello: 1 } }), 'any user'),
          forPerson('connect to the whole set, without directConnection=true in the url'),
          alternative('or let a job outside the database write the heartbeats'),
          inFile('readOnly: true'),
        ],
      }
    case 'slow':
      return {
        code: 'HEARTBEAT_SLOW',
        expected: 'a majority of the members that acknowledges the write in time',
        fix: [query(shellCommandText({ database: 'admin', command: { replSetGetStatus: 1 } }), MONITOR)],
      }
    case 'shape':
      return {
        code: 'HEARTBEAT_TABLE_SHAPE',
        expected: 'a collection that takes documents with _id, text and last_update, without a validator against them',
        fix: dropValidator(config),
      }
    default:
      return null
  }
}

const MONITOR = 'a user with the role clusterMonitor'

function dropValidator(config: MongodbConfig): readonly Fix[] {
  const { schema, table } = config.heartbeat.source
  return [
    inDatabase(shellCommandText({ database: schema, command: { collMod: table, validator: {} } }), ADMINISTRATOR),
    alternative(`if ${heartbeatNamespace(config)} is a view`),
    inDatabase(shellCommandText({ database: schema, command: { drop: table } }), ADMINISTRATOR),
  ]
}
