import type { Document } from 'mongodb'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { watchedNow } from '../inspect/collections.ts'

/** Whether the server stores documents before and after their changes. */
export interface CollectionImages {
  readonly database: string
  readonly name: string
  readonly isOn: boolean
}

/** Whether the configuration uses stored images. */
export function usesImages({ fullDocument, fullDocumentBeforeChange }: MongodbConfig): boolean {
  return fullDocumentBeforeChange !== 'off' || fullDocument === 'whenAvailable' || fullDocument === 'required'
}

/** The watched collections, if stored images are used. */
export async function readImages(
  connection: MongodbConnection,
  config: MongodbConfig,
  signal: AbortSignal,
): Promise<readonly CollectionImages[]> {
  if (!usesImages(config)) return []
  const found: CollectionImages[] = []
  for (const { database, name } of await watchedNow(connection, config, signal)) {
    const { cursor } = await connection.command(database, { listCollections: 1, filter: { name } }, { signal })
    const options: Document | undefined = cursor?.firstBatch?.[0]?.options
    found.push({ database, name, isOn: options?.['changeStreamPreAndPostImages']?.enabled === true })
  }
  return found
}
