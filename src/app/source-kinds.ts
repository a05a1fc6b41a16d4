import type { SourceKinds } from '../config/source-kinds.ts'
import { loadSource, SOURCE_KINDS } from '../sources/registry.ts'

export const sourceKinds: SourceKinds = {
  names: SOURCE_KINDS,
  schema: async (kind) => (await loadSource(kind)).config,
}
