import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { ServerConfig } from '../config/config.ts'
import { isLoopback } from '../config/loopback.ts'
import { asOffbeatError } from '../model/error.ts'
import type { Logger } from '../model/logger.ts'
import { type Answer, errorAnswer } from './answer.ts'
import { listenError } from './listen-error.ts'
import type { Site } from './site.ts'

/** A request is one line and a few headers; a client that needs longer than this for it is not served. */
const REQUEST_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 5000
/** An event stream has a comment more often; else nothing moved on it because the client does not read. */
const SILENCE_MS = 30_000
const MOST_CONNECTIONS = 128
const MOST_HEADER_BYTES = 8192

/** For every answer: it is nobody else's to show, to keep or to guess at. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

export interface HttpServerOptions {
  readonly config: ServerConfig
  /** The configuration's file, for what is to be changed in it. */
  readonly configPath: string
  readonly site: Site
  readonly log: Logger
}

/** The listening side: takes requests, hands them to the site, sends its answers. Disposing ends every connection at once. */
export class HttpServer implements AsyncDisposable {
  readonly #server: Server
  readonly #config: ServerConfig
  readonly #log: Logger
  readonly #loopback: boolean
  /** Where a client on this machine finds it. */
  readonly url: string
  readonly #site: Site

  private constructor(server: Server, options: HttpServerOptions) {
    const { config, site, log } = options
    this.#server = server
    this.#config = config
    this.#site = site
    this.#log = log
    const { address, port } = addressOf(server)
    this.#loopback = isLoopback(address)
    this.url = urlOf(config.host, address, port)
    server.on('request', (request, response) => void this.#serve(request, response))
    server.on('clientError', (error, socket) => refuseUnreadable(error, socket as Socket))
  }

  /** Listens. Throws a classified error when it may not. */
  static async open(options: HttpServerOptions): Promise<HttpServer> {
    const { config, configPath } = options
    const server = createServer({
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: KEEP_ALIVE_MS,
      maxHeaderSize: MOST_HEADER_BYTES,
    })
    server.maxConnections = MOST_CONNECTIONS
    server.setTimeout(SILENCE_MS)
    try {
      server.listen({ host: config.host, port: config.port, exclusive: true })
      await once(server, 'listening')
    } catch (thrown) {
      throw listenError(thrown, config, configPath)
    }
    return new HttpServer(server, options)
  }

  /** A second time is harmless. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return
    this.#site.stop()
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  /** Never rejects. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The client has disconnected: there is no one to answer.
    response.on('error', () => undefined)
    const answer = await this.#answer(request)
    this.#log.debug({ method: request.method, status: answer.status }, 'answered a request over HTTP')
    send(answer, request, response)
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    try {
      return await this.#site.answer(request, { loopback: this.#loopback, token: this.#config.token })
    } catch (thrown) {
      const error = asOffbeatError(thrown)
      this.#log.warn({ code: error.code }, `a request over HTTP failed: ${error.message}`)
      const message = 'The request failed; see the log of the process.'
      return errorAnswer(error.kind === 'defect' ? 500 : 503, { code: error.code, message })
    }
  }
}

function send({ status, headers, body }: Answer, request: IncomingMessage, response: ServerResponse): void {
  if (response.destroyed) return
  const length = typeof body === 'string' ? { 'content-length': String(Buffer.byteLength(body)) } : {}
  response.writeHead(status, { ...HEADERS, ...headers, ...length })
  if (request.method === 'HEAD') response.end()
  else if (typeof body === 'string') response.end(body)
  else body(response)
}

const HEADERS_TOO_LARGE = 'HPE_HEADER_OVERFLOW'

/** What is not HTTP, or too slow or too large, is answered in the form of every refusal, and the connection is closed. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const tooLarge = error.code === HEADERS_TOO_LARGE
  const line = tooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request'
  const code = tooLarge ? 'HEADERS_TOO_LARGE' : 'REQUEST_UNREADABLE'
  const body = `${JSON.stringify({ version: 1, error: { code, message: 'The request is malformed.' } })}\n`
  const headers = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`
  socket.end(`HTTP/1.1 ${line}\r\n${headers}\r\n\r\n${body}`)
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  // Text and null are for pipes and for what does not listen.
  if (address === null || typeof address === 'string') throw new Error('the server listens at no address')
  return address
}

/** A server that listens everywhere is found at loopback. */
function urlOf(host: string, address: string, port: number): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (address === '::') return `http://[::1]:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
