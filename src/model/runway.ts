export type RunwayKind = 'unbounded' | 'estimate' | 'at least' | 'unknown'

/** How long until one limit takes the offset (or the disk). */
export interface RunwayClock {
  readonly name: string
  readonly seconds: number | null
  readonly kind: RunwayKind
  readonly because: readonly string[]
}

/** The shortest clock, and all of them. */
export interface Runway {
  readonly seconds: number | null
  readonly kind: RunwayKind
  readonly because: readonly string[]
  readonly clocks: readonly RunwayClock[]
}
