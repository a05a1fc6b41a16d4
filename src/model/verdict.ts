/** In the order in which they are tried: the first one that holds is the verdict. */
export const VERDICTS = ['lost', 'at risk', 'stopped', 'blind', 'stale', 'flowing', 'idle'] as const
export type VerdictName = (typeof VERDICTS)[number]

export interface Verdict {
  readonly name: VerdictName
  /** In words, for people: the evidence behind it. */
  readonly why: string
}

/** Does the source need nobody's attention? */
export function isHealthy(verdict: VerdictName): boolean {
  return verdict === 'flowing' || verdict === 'idle'
}
