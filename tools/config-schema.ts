import { stdout } from 'node:process'
import { configJsonSchema } from '../src/config/config-json-schema.ts'
import { loadSource, SOURCE_KINDS } from '../src/sources/registry.ts'

// Prints the JSON Schema of offbeat.yaml: node tools/config-schema.ts > schema/offbeat.schema.json
const schema = await configJsonSchema({ names: SOURCE_KINDS, schema: async (kind) => (await loadSource(kind)).config })
stdout.write(`${JSON.stringify(schema, null, 2)}\n`)
