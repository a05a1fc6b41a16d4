import type { MongoClient } from 'mongodb'
import { OffbeatError } from '../../../model/error.ts'
import { address, type ServerTarget } from '../../connect/server-target.ts'
import type { MongodbConfig } from '../config.ts'
import { isDirect } from './client-options.ts'

/** What the driver calls a member that answers and is not the primary. */
const NOT_PRIMARY: readonly string[] = ['RSSecondary', 'RSArbiter', 'RSOther', 'RSGhost']

/** Whether the URL leads to the primary, and to the next one after an election. */
export function followsPrimary(config: Pick<MongodbConfig, 'connection'>): boolean {
  return !isDirect(config) && (config.connection.parameters?.['readPreference'] ?? 'primary') === 'primary'
}

/** Calls `report` when the driver, which asks every ten seconds, hears that the only server of the client is no longer the primary. */
export function onStepDown(client: MongoClient, target: ServerTarget, report: (error: OffbeatError) => void): void {
  client.on('serverDescriptionChanged', ({ newDescription: { type } }) => {
    if (NOT_PRIMARY.includes(type)) report(steppedDown(target))
  })
}

export function steppedDown(target: ServerTarget): OffbeatError {
  return new OffbeatError('DATABASE_STOPPING', {
    message: `the server ${address(target)} is no longer the primary of its set`,
    expected: 'the primary that the members elect',
    details: { host: target.host, port: target.port },
  })
}
