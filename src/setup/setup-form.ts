import type { DataWords } from '../model/data-words.ts'
import { OUTSIDE_FORMS, type OutsideForm } from '../model/outside-form.ts'
import { unreachable } from '../model/unreachable.ts'
import type { HeartbeatDefaults } from '../sources/heartbeat-schema.ts'
import type { SetupVariant } from '../sources/setup.ts'
import type { SourceConfig } from '../sources/source-config.ts'

/** The configuration with `readOnly: true` if the read-only form is requested. */
export function inForm<Config extends SourceConfig>(
  config: Config,
  variant: SetupVariant,
  { readOnly, jobs }: HeartbeatDefaults,
): Config {
  if (!variant.readOnly || config.readOnly) return config
  const { heartbeat } = config
  const { source } = heartbeat
  const mode = readOnly.modes.includes(source.mode) ? source.mode : (readOnly.modes[0] ?? 'off')
  const by = mode === 'job' ? (source.by ?? jobs[0] ?? null) : null
  return { ...config, readOnly: true, heartbeat: { ...heartbeat, source: { ...source, mode, by } } }
}

/** The value of `SetupPlan.form`. */
export function formOf({ readOnly, heartbeat }: SourceConfig, { table }: DataWords): string {
  const { mode, by } = heartbeat.source
  const access = readOnly ? 'read-only' : 'read-write'
  switch (mode) {
    case 'table':
      return `${access}, the connector updates the heartbeat ${table}`
    case 'message':
      return `${access}, heartbeats by logical message, no heartbeat ${table}`
    case 'job':
      return `${access}, a job ${by === 'external' ? 'outside the database' : 'on the primary'} updates the heartbeat ${table}`
    case 'off':
      return `${access}, no source heartbeats`
    default:
      return unreachable(mode)
  }
}

export const SOURCE_OFF =
  'Source heartbeats are off: on a quiet database the log can be retained or removed although the connector looks healthy. They are recommended for every source.'

/** The note about a job outside the database. `forms`: those that the database has. */
export function outsideJobNote(forms: readonly OutsideForm[]): string {
  const listed = forms.map((form) => `${form} (${OUTSIDE_FORMS[form]})`).join(', ')
  return `A job outside the database runs \`offbeat beat\` once an interval: \`setup --as FORM\` prints it, as ${listed}. On a source that only reads it writes on \`primary\`, so set that in the source.`
}
