import { stdout } from 'node:process'
import { statusJsonSchema } from './status-json-schema.ts'

// Prints the JSON Schema of `status --json`: node tools/status-schema.ts > schema/status.schema.json
stdout.write(`${JSON.stringify(statusJsonSchema(), null, 2)}\n`)
