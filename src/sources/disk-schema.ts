import { z } from 'zod'
import { parseSizeBytes, SIZE_EXAMPLES, SIZE_PATTERN } from '../model/size.ts'
import { choice, Mistake, scalar } from './scalar-schema.ts'

/** The volume that has the database's log. Only the operator knows its size. */
export interface DiskConfig {
  readonly sizeBytes: number
  /** 'everything': the databases are on it too. */
  readonly holds: 'everything' | 'log'
}

const expected = `a number with its unit, such as ${SIZE_EXAMPLES}`

function size() {
  return scalar({ type: 'string', pattern: SIZE_PATTERN }, expected, (value): number | Mistake => {
    if (typeof value === 'number') return new Mistake('has no unit', expected)
    const bytes = typeof value === 'string' ? parseSizeBytes(value) : null
    if (bytes === null) return new Mistake('is not a size', expected)
    return bytes > 0 ? bytes : new Mistake('is zero', expected)
  })
}

/** The key `disk`. If it is absent, the size is not known. */
export function diskSchema() {
  return z
    .strictObject({
      size: size().describe('How large the volume is.'),
      holds: choice(['everything', 'log'])
        .prefault('everything')
        .describe('everything: the databases are on it too; log: the log has its own volume.'),
    })
    .transform(({ size, holds }): DiskConfig => ({ sizeBytes: size, holds }))
    .optional()
    .describe("The volume that the database's log lies on, so that the runway has a clock for it.")
}
