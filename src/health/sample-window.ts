import { SAMPLE_AGES, type Sample } from '../journal/journal.ts'
import { lastWatchedDay } from './write-rate.ts'

const THINNED_EVERY_MS = 600_000

/** The samples of the last day that was watched, kept in memory at the same density as in the journal. */
export class SampleWindow {
  #samples: readonly Sample[]
  #thinnedAtMs = Number.NEGATIVE_INFINITY

  constructor(past: readonly Sample[] = []) {
    this.#samples = past
  }

  /** Newest first. */
  get samples(): readonly Sample[] {
    return this.#samples
  }

  add(sample: Sample): void {
    this.#samples = [sample, ...this.#samples]
    if (Math.abs(sample.atMs - this.#thinnedAtMs) < THINNED_EVERY_MS) return
    this.#thinnedAtMs = sample.atMs
    this.#samples = lastWatchedDay(thinned(this.#samples, sample.atMs))
  }
}

function thinned(samples: readonly Sample[], nowMs: number): readonly Sample[] {
  const kept: Sample[] = []
  let before = ''
  for (const sample of samples.toReversed()) {
    const ageMs = nowMs - sample.atMs
    const density = SAMPLE_AGES.findLast(({ olderThanMs }) => ageMs > olderThanMs)
    const stretch =
      density === undefined
        ? ''
        : `${density.oneInMs} ${Math.floor(sample.atMs / density.oneInMs)} ${sample.server?.run}`
    if (stretch !== '' && stretch === before) continue
    before = stretch
    kept.push(sample)
  }
  return kept.toReversed()
}
