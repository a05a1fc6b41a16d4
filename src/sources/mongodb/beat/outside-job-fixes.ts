import { type Fix, forPerson } from '../../../model/fix.ts'
import type { MongodbConfig } from '../config.ts'
import { heartbeatNamespace } from './heartbeat-collection.ts'

/** What to check of a job whose document does not change. The server records nothing of it. */
export function outsideJobFixes(config: Pick<MongodbConfig, 'heartbeat'>): readonly Fix[] {
  return [
    forPerson(
      `check that the job connects to this deployment, and updates the document of ${heartbeatNamespace(config)} with _id 1, with last_update by the server's clock ($currentDate)`,
    ),
    forPerson("on Atlas, read the trigger's log: App Services, Logs, type Trigger; a trigger can be suspended"),
  ]
}
