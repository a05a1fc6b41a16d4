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

/** Why the signal aborted: nobody reads what we print any more. */
export class ClosedOutput extends DOMException {
  constructor(output: string) {
    super(`${output} was closed by its reader`, 'AbortError')
  }
}

/**
 * Aborts at the first SIGINT or SIGTERM, and with ClosedOutput when standard output or standard error is closed by its reader. A second
 * request is harmless; the third one ends the process at once, for the case that a clean stop hangs.
 */
export function stopSignal(target: StopTarget): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  let requests = 0
  const onSignal = (name: NodeJS.Signals): void => {
    requests += 1
    controller.abort(new DOMException(`stopped by ${name}`, 'AbortError'))
    if (requests >= REQUESTS_TO_LEAVE_AT_ONCE) target.exit(name === 'SIGINT' ? 130 : 143)
  }
  const onErrorOf = (output: string) => (error: NodeJS.ErrnoException) => {
    // EIO: the terminal was closed, and its SIGHUP was ignored.
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
    controller.abort(new ClosedOutput(output))
  }
  target.on('SIGINT', onSignal)
  target.on('SIGTERM', onSignal)
  target.stdout.on('error', onErrorOf('standard output'))
  target.stderr.on('error', onErrorOf('standard error'))
  return {
    signal: controller.signal,
    // The listeners for the outputs stay: what is still being written may fail after the command's end.
    release: () => {
      target.off('SIGINT', onSignal)
      target.off('SIGTERM', onSignal)
    },
  }
}

/** How far it came when what is being applied is stopped: a statement on its way may be done or not. */
export function stoppedText(wanted: readonly string[], done: readonly string[], { reason }: AbortSignal): string {
  const left = wanted.filter((each) => !done.includes(each))
  const why = reason instanceof Error ? reason.message : 'asked to stop'
  const lines = [
    `Stopped (${why}) while it was making changes.`,
    `Done: ${done.length === 0 ? 'nothing' : done.join(', ')}.`,
    ...(left.length === 0 ? [] : [`Not done: ${left.join(', ')}. Run it again: completed steps are not repeated.`]),
  ]
  return `${lines.join('\n')}\n`
}
