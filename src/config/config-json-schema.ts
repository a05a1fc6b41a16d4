import { z } from 'zod'
import type { SourceRegistry } from '../sources/source-registry.ts'
import { configSchema, SOURCE_NAME_PATTERN, sinkSchemas } from './config-schema.ts'
import { serverSchema } from './server-schema.ts'

/**
 * The JSON Schema of the configuration file, for editors. It does not accept variables in place of numbers and keywords, but loading does.
 */
export async function configJsonSchema(registry: SourceRegistry): Promise<object> {
  const schemas: z.ZodType[] = []
  for (const kind of registry.kinds) schemas.push((await registry.load(kind)).config)
  const sources = z.record(z.string().regex(new RegExp(SOURCE_NAME_PATTERN)), z.union(schemas))
  const sink = z.union([sinkSchemas.sqlite, sinkSchemas.stdout, sinkSchemas.discard]).optional()
  return {
    ...z.toJSONSchema(configSchema(sources, sink, serverSchema.optional()), { io: 'input', unrepresentable: 'throw' }),
    title: 'Offbeat configuration (offbeat.yaml)',
  }
}
