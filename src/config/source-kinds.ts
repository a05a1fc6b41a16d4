import type { z } from 'zod'
import type { SourceConfig } from '../sources/source-config.ts'

/** The databases that can be captured, as far as the configuration needs to know them. */
export interface SourceKinds {
  readonly names: readonly string[]
  /** The schema of an entry of that kind; called with one of `names` alone. */
  schema(kind: string): Promise<z.ZodType<SourceConfig>>
}
