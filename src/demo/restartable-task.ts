import { once } from 'node:events'

/** A task that can be stopped and started again from outside. */
export class RestartableTask {
  readonly #work: (signal: AbortSignal) => Promise<void>
  #life = newLife()

  /** `work` runs until its signal aborts, and can be called again after that. */
  constructor(work: (signal: AbortSignal) => Promise<void>) {
    this.#work = work
  }

  /** Between `stop` and the end of the next `start`. */
  get isStopped(): boolean {
    return this.#life.stop.signal.aborted
  }

  /** Runs until the signal aborts, or until the work ends by itself. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const life = this.#life
      try {
        await this.#work(AbortSignal.any([signal, life.stop.signal]))
      } finally {
        life.ended.resolve()
      }
      if (!life.stop.signal.aborted) return
      await Promise.race([life.again.promise, aborted(signal)])
    }
  }

  /** Resolves when the work has ended. */
  async stop(): Promise<void> {
    this.#life.stop.abort()
    await this.#life.ended.promise
  }

  /** Runs the work again after a stop. */
  start(): void {
    const { again } = this.#life
    this.#life = newLife()
    again.resolve()
  }
}

function newLife() {
  return {
    stop: new AbortController(),
    ended: Promise.withResolvers<void>(),
    again: Promise.withResolvers<void>(),
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}
