/** How many requests to stop it takes until we go without having tidied up. */
const REQUESTS_TO_LEAVE_AT_ONCE = 3

/** What of the process is needed. */
export interface StopTarget {
  on(event: 'SIGINT' | 'SIGTERM', listener: (name: NodeJS.Signals) => void): unknown
  off(event: 'SIGINT' | 'SIGTERM', listener: (name: NodeJS.Signals) => void): unknown
  readonly stdout: ErrorSource
  readonly stderr: ErrorSource
  exit(code: number): void
}

interface ErrorSource {
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
}

/**
 * Aborts at the first SIGINT or SIGTERM, and when the reader of our output has gone. A second request is harmless; the third one ends
 * the process at once, for the case that a clean stop hangs.
 */
export function stopSignal(target: StopTarget): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  let requests = 0
  const onSignal = (name: NodeJS.Signals): void => {
    requests += 1
    controller.abort(new DOMException(`stopped by ${name}`, 'AbortError'))
    if (requests >= REQUESTS_TO_LEAVE_AT_ONCE) target.exit(name === 'SIGINT' ? 130 : 143)
  }
  const onOutputError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error
    controller.abort(new DOMException('the reader of our output has gone', 'AbortError'))
  }
  target.on('SIGINT', onSignal)
  target.on('SIGTERM', onSignal)
  target.stdout.on('error', onOutputError)
  target.stderr.on('error', onOutputError)
  return {
    signal: controller.signal,
    // The listeners for the outputs stay: what is still being written may fail after the command's end.
    release: () => {
      target.off('SIGINT', onSignal)
      target.off('SIGTERM', onSignal)
    },
  }
}
