import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { SOURCES } from '../sources/registry.ts'
import { configJsonSchema } from './config-json-schema.ts'

const file = new URL('../../schema/offbeat.schema.json', import.meta.url)

it('is what schema/offbeat.schema.json says (node tools/config-schema.ts > schema/offbeat.schema.json)', async () => {
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(await configJsonSchema(SOURCES))
})
