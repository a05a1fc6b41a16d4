interface Waiting {
  readonly name: string
  readonly ready: () => boolean
  readonly open: () => void
}

/**
 * Every await in a simulated world passes through a gate that only the test opens, one at a time. So the test chooses the order of events,
 * and a crash means that the gates never open again.
 */
export class Gates {
  readonly #waiting: Waiting[] = []

  /** Waits until the test opens the gate, which it can do only while `ready` holds. Rejects with the signal's reason when aborted. */
  pass(name: string, signal?: AbortSignal, ready: () => boolean = () => true): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const abort = () => {
        this.#remove(waiting)
        reject(signal?.reason)
      }
      const open = () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const waiting: Waiting = { name, ready, open }
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.push(waiting)
    })
  }

  /** The names of the gates that can be opened now, in the order in which they were reached. */
  get ready(): readonly string[] {
    return this.#waiting.filter(({ ready }) => ready()).map(({ name }) => name)
  }

  /** The names of all gates that are waiting, ready or not. */
  get waiting(): readonly string[] {
    return this.#waiting.map(({ name }) => name)
  }

  /** Opens the gate at `index` of `ready` and returns its name. */
  open(index: number): string {
    const waiting = this.#waiting.filter(({ ready }) => ready())[index]
    if (waiting === undefined) throw new RangeError(`no gate ${index} is ready`)
    this.#remove(waiting)
    waiting.open()
    return waiting.name
  }

  #remove(waiting: Waiting): void {
    const at = this.#waiting.indexOf(waiting)
    if (at >= 0) this.#waiting.splice(at, 1)
  }
}
