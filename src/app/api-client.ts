import { get } from 'node:http'
import type { Secret } from '../model/secret.ts'

/** The answer of the running process. */
export interface ApiAnswer {
  readonly status: number
  /** null: not JSON. */
  readonly document: unknown
}

/** The process is on this machine, so if it takes longer it hangs. */
const PATIENCE_MS = 3000
const MOST_BYTES = 16 * 1024 * 1024

/** Sends a request to the running process over HTTP. Rejects if the answer is late or larger than `MOST_BYTES`. */
export async function askApi(url: string, path: string, token: Secret | null, signal: AbortSignal): Promise<ApiAnswer> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  const headers = token === null ? {} : { authorization: `Bearer ${token.reveal()}` }
  const answered = Promise.withResolvers<ApiAnswer>()
  // A separate connection that is closed at once, so that it does not keep this process alive.
  const request = get(new URL(path, url), { agent: false, headers, signal: limit }, (response) => {
    const chunks: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MOST_BYTES) response.destroy(new Error('the response is too large'))
      else chunks.push(chunk)
    })
    response.on('error', answered.reject)
    response.on('end', () =>
      answered.resolve({ status: response.statusCode ?? 0, document: parsed(Buffer.concat(chunks).toString()) }),
    )
  })
  request.on('error', answered.reject)
  return await answered.promise
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
