import { OffbeatError } from '../model/error.ts'
import type { SourceDefinition } from './source.ts'
import type { SourceConfig } from './source-config.ts'

/** The kinds of sources that the program knows. It is passed in through the program's context, so that a test can add a kind. */
export interface SourceRegistry {
  /** The kinds that can be captured, in the order in which they are listed to users. */
  readonly kinds: readonly string[]
  /** Kinds that this version cannot capture yet. */
  readonly planned: readonly string[]
  /** Loads the source of this kind. Rejects with CONFIG_INVALID if the kind is planned or unknown. */
  load(kind: string): Promise<SourceDefinition<SourceConfig>>
}

/** `sources`: by kind; each is loaded on first use. */
export function sourceRegistry(
  sources: Readonly<Record<string, () => Promise<SourceDefinition<SourceConfig>>>>,
  planned: readonly string[] = [],
): SourceRegistry {
  const kinds = Object.keys(sources)
  return {
    kinds,
    planned,
    load: async (kind) => {
      const load = Object.hasOwn(sources, kind) ? sources[kind] : undefined
      if (load !== undefined) return await load()
      throw new OffbeatError('CONFIG_INVALID', {
        message: planned.includes(kind)
          ? `This version cannot capture ${kind} yet.`
          : `${kind} is not a kind of source.`,
        found: `kind: ${kind}`,
        expected: `kind: ${kinds.join(' or ')}`,
      })
    },
  }
}
