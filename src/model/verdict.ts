export const VERDICTS = ['lost', 'blind', 'at risk', 'stale', 'flowing', 'idle'] as const
export type VerdictName = (typeof VERDICTS)[number]

export interface Verdict {
  readonly name: VerdictName
  /** In words, for people: the evidence behind it. */
  readonly why: string
}
