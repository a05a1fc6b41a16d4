import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import {
  type BsonDocument,
  hasMessage,
  readRequest,
  takeMessages,
  type WireRequest,
  writeReply,
} from './wire-message.ts'

/** A document, or its bytes. null: the connection is closed without a reply. 'silence': no reply comes. */
export type Answer = BsonDocument | Buffer | null | 'silence'

/** A certificate and its key, in PEM. */
export interface FakeTls {
  readonly cert: Buffer
  readonly key: Buffer
}

/** One listening socket of the fake. The commands of a connection are answered one after the other. */
export class FakeNode implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #port = 0
  readonly #answer: (command: BsonDocument, gone: AbortSignal) => Promise<Answer>

  /** `gone` aborts when the client of the command has closed its connection. `tls` null: nothing is encrypted. */
  constructor(answer: (command: BsonDocument, gone: AbortSignal) => Promise<Answer>, tls: FakeTls | null) {
    this.#answer = answer
    const serve = (socket: Socket) => void this.#serve(socket).catch(() => socket.destroy())
    this.#server = tls === null ? createServer(serve) : createTlsServer(tls, serve)
  }

  /** Absent: a free port. */
  async listen(port = 0): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (typeof address === 'object' && address !== null) this.#port = address.port
  }

  /** Also after it was closed. */
  get port(): number {
    return this.#port
  }

  /** Closes all connections. New ones are accepted. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async #serve(socket: Socket): Promise<void> {
    const gone = new AbortController()
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      gone.abort()
    })
    const parts: Buffer[] = []
    let turn = Promise.resolve()
    socket.on('data', (bytes) => {
      parts.push(bytes)
      // A message of many megabytes comes in many parts, which are joined once.
      if (!hasMessage(parts)) return
      const taken = takeMessages(Buffer.concat(parts.splice(0)))
      parts.push(taken.rest)
      for (const message of taken.messages)
        turn = turn.then(() => this.#reply(socket, readRequest(message), gone.signal))
      turn.catch(() => socket.destroy())
    })
    await once(socket, 'close')
  }

  async #reply(socket: Socket, request: WireRequest, gone: AbortSignal): Promise<void> {
    const answer = await this.#answer(request.command, gone)
    if (answer === null) socket.destroy()
    else if (answer !== 'silence' && !request.unacknowledged && !socket.destroyed) {
      const { head, document } = writeReply(request, answer)
      socket.cork()
      socket.write(head)
      socket.write(document)
      socket.uncork()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }
}
