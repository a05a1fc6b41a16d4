import { get } from 'node:http'
import type { Secret } from '../model/secret.ts'

/** What the running process answered. */
export interface ApiAnswer {
  readonly status: number
  /** null: not JSON. */
  readonly document: unknown
}

/** The process is on this machine: one that takes longer hangs. */
const PATIENCE_MS = 3000
const MOST_BYTES = 16 * 1024 * 1024

/** Asks the running process over HTTP. Rejects when it does not answer in time, or by more than can be meant. */
export async function askApi(url: string, path: string, token: Secret | null, signal: AbortSignal): Promise<ApiAnswer> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  const headers = token === null ? {} : { authorization: `Bearer ${token.reveal()}` }
  const answered = Promise.withResolvers<ApiAnswer>()
  // A connection of its own, closed at once, so that nothing holds the process.
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
