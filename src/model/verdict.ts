/** The verdicts in the order in which they are checked. The first one that applies is used. */
export const VERDICTS = ['lost', 'at risk', 'stopped', 'blind', 'stale', 'flowing', 'idle'] as const
export type VerdictName = (typeof VERDICTS)[number]

export interface Verdict {
  readonly name: VerdictName
  /** The evidence, as text for people. */
  readonly why: string
}

/** Whether the source needs no attention. */
export function isHealthy(verdict: VerdictName): boolean {
  return verdict === 'flowing' || verdict === 'idle'
}
