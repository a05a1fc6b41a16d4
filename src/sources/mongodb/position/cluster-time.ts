/** A moment of a replica set's or a cluster's logical clock: seconds since 1970, and the number of the operation within the second. */
export interface ClusterTime {
  readonly seconds: number
  readonly increment: number
}

const LARGEST = 0xffff_ffff

/** Below 0: `a` is earlier. */
export function compareTimes(a: ClusterTime, b: ClusterTime): number {
  return a.seconds - b.seconds || a.increment - b.increment
}

export function laterTime(a: ClusterTime, b: ClusterTime): ClusterTime {
  return compareTimes(a, b) < 0 ? b : a
}

/** The first moment after this one. */
export function timeAfter({ seconds, increment }: ClusterTime): ClusterTime {
  return increment === LARGEST ? { seconds: seconds + 1, increment: 0 } : { seconds, increment: increment + 1 }
}

export function timeText({ seconds, increment }: ClusterTime): string {
  return `${seconds}.${increment}`
}

/** Parses `seconds.increment`; null: it has another form. */
export function parseTime(text: string): ClusterTime | null {
  const [, seconds, increment] = /^(\d{1,10})\.(\d{1,10})$/.exec(text) ?? []
  const time = { seconds: Number(seconds), increment: Number(increment) }
  return time.seconds <= LARGEST && time.increment <= LARGEST ? time : null
}
