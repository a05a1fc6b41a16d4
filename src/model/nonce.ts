/** The text in the heartbeat row: the source that wrote the pulse, and the pulse's id. */
export interface Nonce {
  readonly source: string
  /** Unique among the source's pulses. Contains no colon. */
  readonly id: string
}

const PREFIX = 'offbeat:'

export function makeNonce(source: string, id: string): string {
  return `${PREFIX}${source}:${id}`
}

/** Returns null when the text is not a nonce (a job's text, or that of the first row). */
export function parseNonce(text: string): Nonce | null {
  if (!text.startsWith(PREFIX)) return null
  const at = text.lastIndexOf(':')
  const source = text.slice(PREFIX.length, Math.max(at, PREFIX.length))
  const id = text.slice(at + 1)
  return source === '' || id === '' ? null : { source, id }
}

/** Returns the text if it is a nonce of this source; null when it is another source's nonce or no nonce. */
export function nonceOf(text: string, source: string): string | null {
  return parseNonce(text)?.source === source ? text : null
}
