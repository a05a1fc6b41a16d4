import { OffbeatError } from '../model/error.ts'
import type { SourceDefinition } from './source.ts'
import type { SourceConfig } from './source-config.ts'

/** The only place that names concrete sources; each is loaded when first asked for. */
const SOURCES: { readonly [kind: string]: () => Promise<SourceDefinition<SourceConfig>> } = {
  postgresql: async () => (await import('./postgresql/definition.ts')).POSTGRESQL,
}

/** The kinds that can be captured. */
export const SOURCE_KINDS: readonly string[] = Object.keys(SOURCES)

/** The kinds that this version does not read yet. */
export const PLANNED_KINDS: readonly string[] = ['mysql', 'mariadb', 'mongodb', 'sqlserver', 'oracle']

/** The source of this kind; rejects for one that is not built yet or not known. */
export async function loadSource(kind: string): Promise<SourceDefinition<SourceConfig>> {
  const load = Object.hasOwn(SOURCES, kind) ? SOURCES[kind] : undefined
  if (load !== undefined) return await load()
  throw new OffbeatError('CONFIG_INVALID', {
    message: PLANNED_KINDS.includes(kind)
      ? `This version cannot capture ${kind} yet.`
      : `${kind} is not a kind of source.`,
    found: `kind: ${kind}`,
    expected: `kind: ${SOURCE_KINDS.join(' or ')}`,
  })
}
