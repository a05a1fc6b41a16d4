import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/**
 * Test files use this socket to request servers from the main process of the run. A request is one line; the response is one line of JSON.
 */
export class KeeperSocket implements Disposable {
  readonly #listener: Server
  readonly #sockets = new Set<Socket>()
  readonly #answer: (question: string) => Promise<unknown>

  constructor(answer: (question: string) => Promise<unknown>) {
    this.#answer = answer
    this.#listener = createServer((socket) => this.#serve(socket))
  }

  async listen(): Promise<number> {
    this.#listener.listen(0, '127.0.0.1')
    await once(this.#listener, 'listening')
    const address = this.#listener.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined)
    createInterface({ input: socket }).on('line', (line) => {
      void this.#answer(line)
        .catch((error: unknown) => ({ missing: String(error) }))
        .then((found) => socket.end(`${JSON.stringify(found)}\n`))
    })
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#listener.close()
  }
}

export async function askKeeper(port: number, question: string): Promise<unknown> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`${question}\n`)
  const [line] = await once(createInterface({ input: socket }), 'line')
  return JSON.parse(String(line))
}
