import { stdout } from 'node:process'
import { messageJsonSchema } from './message-json-schema.ts'

// Prints the JSON Schema of messages: node tools/message-schema.ts > schema/message.schema.json
stdout.write(`${JSON.stringify(messageJsonSchema(), null, 2)}\n`)
