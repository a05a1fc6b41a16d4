import { beatForms, clientTexts, type OutsideBeat, outsideBeat } from '../../../setup/outside-form.ts'
import type { OutsideJob, SetupVariant } from '../../setup.ts'
import type { MongodbConfig } from '../config.ts'
import { mongoshBeat } from './mongosh-beat.ts'

/** The job that writes the heartbeats, in each form. */
export function outsideJobs(config: MongodbConfig, variant: SetupVariant): readonly OutsideJob[] {
  const beat = outsideBeat(variant, config.heartbeat.source.intervalMs)
  const [crontab, cronjob] = clientTexts(mongoshBeat(config, beat))
  return [
    ...beatForms(beat),
    { form: 'crontab-mongosh', text: crontab },
    { form: 'cronjob-mongosh', text: cronjob },
    { form: 'atlas', text: atlasTrigger(config, beat) },
  ]
}

/**
 * A scheduled trigger of Atlas. A database trigger would be suspended when its own token is too old, which is what the heartbeats are to
 * prevent for others.
 */
function atlasTrigger({ heartbeat }: MongodbConfig, about: OutsideBeat): string {
  const { schema, table } = heartbeat.source
  return `// Offbeat: the source heartbeat of ${about.source}, as a scheduled trigger of Atlas (not a database trigger).${about.note === undefined ? '' : `\n// ${about.note}`}
//
// In the console of the project: Triggers, Add Trigger
//   Trigger Type:    Scheduled
//   Schedule Type:   Advanced (cron): ${about.schedule}
//   Event Type:      Function, with the text below
//   Link Data Source: the cluster; its service name is CLUSTER below
//
// What the function prints, and why it fails, is in the trigger's log: App Services, Logs, type Trigger.
exports = async function () {
  const collection = context.services.get("CLUSTER").db(${JSON.stringify(schema)}).collection(${JSON.stringify(table)})
  await collection.updateOne(
    { _id: 1 },
    { $set: { text: "atlas" }, $currentDate: { last_update: true } },
    { upsert: true },
  )
}
`
}
