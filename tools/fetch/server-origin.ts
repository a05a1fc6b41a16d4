/** Where the files of a server come from. */
export interface ServerOrigin {
  /** The version that can be fetched now. Rejects with `RegistrySilentError` if the registry must be asked and does not answer. */
  offered(): Promise<string>
  /** Writes the server's files into the empty folder `tree`, with its programs in `usr/sbin` and `usr/bin`. Rejects as `offered` does. */
  unpack(tree: string): Promise<void>
}

/** The registry does not answer, so nothing is known about the server. */
export class RegistrySilentError extends Error {
  override readonly name = 'RegistrySilentError'
}

/** The standard error of a program that failed, or the error itself. */
export function failureText(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
  return said === '' ? String(error) : said
}
