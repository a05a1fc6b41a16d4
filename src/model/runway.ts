export type RunwayKind = 'unbounded' | 'estimate' | 'at least' | 'unknown'

/** How long until one limit takes the offset (or the disk), were the connector to stop now. */
export interface RunwayClock {
  readonly name: string
  /** What happens when it has run out. */
  readonly ends: 'offset lost' | 'disk full'
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
