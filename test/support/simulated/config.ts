import { z } from 'zod'
import { TABLE_WORDS } from '../../../src/model/data-words.ts'
import { type SourceDefaults, sourceConfig, sourceKeys } from '../../../src/sources/source-schema.ts'

export const SIMULATED_DEFAULTS: SourceDefaults = {
  kind: 'simulated',
  schemes: ['simulated'],
  port: 1,
  database: 'optional',
  user: 'optional',
  urlParameters: { known: {}, refused: {} },
  levels: ['schema', 'name'],
  words: TABLE_WORDS,
  connectorUser: 'u',
  heartbeat: {
    schema: 'public',
    table: 'heartbeat',
    modes: ['table', 'job', 'off'],
    readOnly: { modes: ['job', 'off'], because: 'a job elsewhere writes the heartbeats of layer 2' },
    jobs: ['external'],
  },
}

const KEYS = z.strictObject(sourceKeys(SIMULATED_DEFAULTS, {}))

/** One entry of `sources:` with `kind: simulated`. */
export const simulatedSchema = sourceConfig(SIMULATED_DEFAULTS, KEYS, (common) => ({ ...common, kind: 'simulated' }))
