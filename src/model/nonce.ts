/** What the text of the heartbeat row says: whose pulse it is, and which. */
export interface Nonce {
  readonly source: string
  /** Unique among the source's pulses; without a colon. */
  readonly id: string
}

const PREFIX = 'offbeat:'

export function makeNonce(source: string, id: string): string {
  return `${PREFIX}${source}:${id}`
}

/** null: the text is nobody's nonce (a job's text, the first row). */
export function parseNonce(text: string): Nonce | null {
  if (!text.startsWith(PREFIX)) return null
  const at = text.lastIndexOf(':')
  const source = text.slice(PREFIX.length, Math.max(at, PREFIX.length))
  const id = text.slice(at + 1)
  return source === '' || id === '' ? null : { source, id }
}

/** The text, where it is a nonce of this source; null: it is another's, or nobody's. */
export function nonceOf(text: string, source: string): string | null {
  return parseNonce(text)?.source === source ? text : null
}
