import { unreachable } from '../model/unreachable.ts'
import type { SetupVariant } from '../sources/setup.ts'
import type { SourceConfig } from '../sources/source-config.ts'

/** The configuration as it will be once it says `readOnly: true`, where the read-only form is asked for. */
export function inForm<Config extends SourceConfig>(config: Config, variant: SetupVariant): Config {
  const { heartbeat } = config
  if (!variant.readOnly || config.readOnly) return config
  const mode = heartbeat.source.mode === 'off' ? 'off' : 'job'
  return { ...config, readOnly: true, heartbeat: { ...heartbeat, source: { ...heartbeat.source, mode } } }
}

/** `SetupPlan.form` */
export function formOf({ readOnly, heartbeat }: SourceConfig): string {
  const { mode } = heartbeat.source
  const access = readOnly ? 'read-only' : 'read-write'
  switch (mode) {
    case 'table':
      return `${access}, the connector updates the heartbeat table`
    case 'message':
      return `${access}, heartbeats by logical message, no heartbeat table`
    case 'job':
      return `${access}, a job on the primary updates the heartbeat table`
    case 'off':
      return `${access}, no source heartbeats`
    default:
      return unreachable(mode)
  }
}

export const SOURCE_OFF =
  'Source heartbeats are off: on a quiet database the log can be retained or removed although the connector looks healthy. They are recommended for every source.'
