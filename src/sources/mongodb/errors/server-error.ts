/** What a server answered instead of a result, without its message where that could contain a value. */
export interface ServerError {
  readonly code: number
  /** For example `Unauthorized`; null: the server did not name it. */
  readonly name: string | null
  readonly labels: readonly string[]
  /** null: it could contain a value of a document. */
  readonly message: string | null
}

/** Errors whose messages name only commands, namespaces, times, settings and hosts. */
const SAFE: readonly number[] = [
  6, 7, 11, 13, 18, 20, 26, 31, 43, 47, 50, 59, 72, 73, 76, 89, 91, 112, 133, 136, 166, 189, 222, 237, 260, 262, 280,
  286, 334, 8000, 9001, 10107, 10334, 11600, 11601, 11602, 13388, 13435, 13436, 14031, 40573, 51002, 51003,
]

/** Extracts the server's error from what the driver threw. null: it is not one. */
export function serverErrorOf(thrown: unknown): ServerError | null {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'number') return null
  const { code } = thrown
  const name = 'codeName' in thrown && typeof thrown.codeName === 'string' ? thrown.codeName : null
  const labels = 'errorLabels' in thrown && Array.isArray(thrown.errorLabels) ? thrown.errorLabels.map(String) : []
  return { code, name, labels, message: SAFE.includes(code) ? thrown.message : null }
}

export function sayServerError({ code, name, message }: ServerError): string {
  return `${name ?? 'error'} (${code})${message === null ? '' : `: ${message}`}`
}
