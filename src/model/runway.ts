export type RunwayKind = 'unbounded' | 'estimate' | 'at least' | 'unknown'

/** How long until one limit is reached and the offset is lost (or the disk full), if the connector stopped now. */
export interface RunwayClock {
  readonly name: string
  /** What happens when the time is up. */
  readonly ends: 'offset lost' | 'disk full'
  readonly seconds: number | null
  readonly kind: RunwayKind
  readonly because: readonly string[]
}

/** The shortest time, and all of them. */
export interface Runway {
  readonly seconds: number | null
  readonly kind: RunwayKind
  readonly because: readonly string[]
  readonly clocks: readonly RunwayClock[]
}
