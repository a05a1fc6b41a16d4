import type { ServerResponse } from 'node:http'

/** The response to a request. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** A text is sent as it is. A function takes over the response, with status and headers already set. */
  readonly body: string | ((response: ServerResponse) => void)
}

export function jsonAnswer(status: number, document: object, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: `${JSON.stringify(document)}\n`,
  }
}

/** Every error response has this form. It repeats nothing from the request, which could contain a secret. */
export function errorAnswer(
  status: number,
  error: { readonly code: string; readonly message: string; readonly expected?: string },
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return jsonAnswer(status, { version: 1, error }, headers)
}
