import { z } from 'zod'
import { type SourceDefaults, sourceConfig, sourceKeys } from '../../src/sources/source-schema.ts'

export const SIMULATED_DEFAULTS: SourceDefaults = {
  kind: 'simulated',
  schemes: ['simulated'],
  port: 1,
  database: 'optional',
  user: 'optional',
  urlParameters: { known: {}, refused: {} },
  levels: ['schema', 'name'],
  connectorUser: 'u',
  heartbeat: {
    schema: 's',
    table: 'h',
    modes: ['table', 'job', 'off'],
    readOnly: { modes: ['job', 'off'], because: 'a job elsewhere writes the heartbeats of layer 2' },
    jobs: ['external'],
  },
}

/** One entry of `sources:` with `kind: simulated`. */
export const simulatedSchema = sourceConfig(
  SIMULATED_DEFAULTS,
  z.strictObject(sourceKeys(SIMULATED_DEFAULTS, {})),
  (common) => ({ ...common, kind: 'simulated' }),
)
