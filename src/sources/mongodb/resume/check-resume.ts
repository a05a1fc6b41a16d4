import type { Resume } from '../../../model/log-state.ts'
import type { Offset } from '../../../model/offset.ts'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'

export async function checkResume(
  _connection: MongodbConnection,
  _about: { readonly config: MongodbConfig; readonly source: string; readonly offset: Offset },
  _signal: AbortSignal,
): Promise<Resume> {
  throw new Error('comes from mread')
}
