import { type SourceRegistry, sourceRegistry } from './source-registry.ts'

/** The only file that names concrete sources. */
export const SOURCES: SourceRegistry = sourceRegistry(
  {
    postgresql: async () => (await import('./postgresql/definition.ts')).POSTGRESQL,
    mysql: async () => (await import('./mysql/definition.ts')).MYSQL,
    mariadb: async () => (await import('./mysql/definition.ts')).MARIADB,
    mongodb: async () => (await import('./mongodb/definition.ts')).MONGODB,
  },
  ['sqlserver', 'oracle'],
)
