import { stdout } from 'node:process'
import { configJsonSchema } from '../src/config/config-json-schema.ts'
import { SOURCES } from '../src/sources/registry.ts'

// Prints the JSON Schema of offbeat.yaml: node tools/config-schema.ts > schema/offbeat.schema.json
const schema = await configJsonSchema(SOURCES)
stdout.write(`${JSON.stringify(schema, null, 2)}\n`)
