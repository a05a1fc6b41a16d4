import { type SourceRegistry, sourceRegistry } from './source-registry.ts'

/** The only file that names concrete sources. */
export const SOURCES: SourceRegistry = sourceRegistry(
  { postgresql: async () => (await import('./postgresql/definition.ts')).POSTGRESQL },
  ['mysql', 'mariadb', 'mongodb', 'sqlserver', 'oracle'],
)
