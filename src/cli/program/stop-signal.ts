/** After this many requests to stop, the process exits at once, without cleaning up. */
const REQUESTS_TO_LEAVE_AT_ONCE = 3

/** The part of the process that is needed here. */
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

/** The abort reason if the reader of the output has closed it. */
export class ClosedOutput extends DOMException {
  constructor(output: string) {
    super(`${output} was closed by its reader`, 'AbortError')
  }
}

/**
 * Aborts at the first SIGINT or SIGTERM, and with ClosedOutput when the reader of standard output or standard error closes it. A second
 * request is harmless. The third one ends the process at once, in case a clean stop hangs.
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
    // The listeners of the outputs stay: a pending write can still fail after the command has ended.
    release: () => {
      target.off('SIGINT', onSignal)
      target.off('SIGTERM', onSignal)
    },
  }
}

/** Reports how far an interrupted change got. A statement that was being executed may or may not have taken effect. */
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
