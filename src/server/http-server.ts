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

/** A request is one line and a few headers. A client that needs longer than this is not served. */
const REQUEST_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 5000
/** An event stream sends a comment more often than this. If nothing was sent for this long, the client is not reading. */
const SILENCE_MS = 30_000
const MOST_CONNECTIONS = 128
const MOST_HEADER_BYTES = 8192

/** For every response: other sites must not embed or load it, nobody may cache it, and browsers must not guess its type. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

export interface HttpServerOptions {
  readonly config: ServerConfig
  /** The path of the configuration file, for fixes that refer to it. */
  readonly configPath: string
  readonly site: Site
  readonly log: Logger
}

/** The listening socket: passes requests to the site and sends its responses. Disposing it closes every connection immediately. */
export class HttpServer implements AsyncDisposable {
  readonly #server: Server
  readonly #config: ServerConfig
  readonly #log: Logger
  readonly #loopback: boolean
  /** The URL for a client on this machine. */
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

  /** Starts listening. Throws a classified error when that fails. */
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

  /** It can be called twice. */
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
    // The client has disconnected, so there is no one to respond to.
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

/** A request that is not HTTP, too slow or too large gets an error response in the usual form, and the connection is closed. */
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
  // The address is a string for a pipe, and null when the server is not listening.
  if (address === null || typeof address === 'string') throw new Error('the server listens at no address')
  return address
}

/** A server that listens on all addresses is reachable on loopback. */
function urlOf(host: string, address: string, port: number): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (address === '::') return `http://[::1]:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
