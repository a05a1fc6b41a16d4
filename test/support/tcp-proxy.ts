import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { seededRandom } from './seeded-random.ts'
import { letPass } from './wait-for.ts'

/**
 * A fault that happens when exactly `at` bytes have come from the server (`down`) or been sent to it (`up`), counted over all connections.
 */
export interface Fault {
  readonly direction: 'down' | 'up'
  readonly at: number
  /** cut: both sides are closed. split: the rest is sent in a separate packet. delay: the rest is sent `delayMs` later. */
  readonly does: 'cut' | 'split' | 'delay'
  readonly delayMs?: number
}

export interface TcpProxy extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** The number of accepted connections. */
  connections(): number
  /** The number of bytes passed in each direction. */
  passed(): Readonly<Record<Fault['direction'], number>>
  /** Faults that have not happened yet. */
  pending(): readonly Fault[]
  /** Closes every connection now. */
  cutAll(): void
  /** While it is on, no byte passes in either direction and nothing is closed, as in a network that drops everything. */
  swallow(on: boolean): void
}

/** A proxy in front of a real server. It causes faults at chosen bytes. */
export async function startTcpProxy(
  to: { host: string; port: number },
  faults: readonly Fault[] = [],
): Promise<TcpProxy> {
  const proxy = new FaultyProxy(to, faults)
  await proxy.listen()
  return proxy
}

/** `count` faults at random positions within the first `withinBytes`. The same seed gives the same faults. */
export function seededFaults(seed: number, count: number, withinBytes: number): Fault[] {
  const next = seededRandom(seed)
  const kinds = ['cut', 'split', 'delay'] as const
  return Array.from({ length: count }, () => ({
    direction: next() < 0.8 ? ('down' as const) : ('up' as const),
    at: Math.floor(next() * withinBytes),
    does: kinds[Math.floor(next() * kinds.length)] ?? 'cut',
    delayMs: Math.floor(next() * 30),
  }))
}

class FaultyProxy implements TcpProxy {
  readonly host = '127.0.0.1'
  readonly #to: { host: string; port: number }
  readonly #server = createServer((client) => this.#take(client))
  readonly #sockets = new Set<Socket>()
  readonly #passed = { down: 0, up: 0 }
  readonly #pending: Fault[]
  #connections = 0
  #port = 0
  #swallowing: { readonly ended: Promise<void>; readonly end: () => void } | null = null

  constructor(to: { host: string; port: number }, faults: readonly Fault[]) {
    this.#to = to
    this.#pending = [...faults].sort((a, b) => a.at - b.at)
  }

  async listen(): Promise<void> {
    this.#server.listen(0, this.host)
    await once(this.#server, 'listening')
    const address = this.#server.address()
    this.#port = typeof address === 'object' && address !== null ? address.port : 0
  }

  get port(): number {
    return this.#port
  }

  connections(): number {
    return this.#connections
  }

  passed(): Readonly<Record<Fault['direction'], number>> {
    return { ...this.#passed }
  }

  pending(): readonly Fault[] {
    return [...this.#pending]
  }

  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  swallow(on: boolean): void {
    this.#swallowing?.end()
    this.#swallowing = null
    if (!on) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#swallowing = { ended: promise, end: resolve }
  }

  #take(client: Socket): void {
    this.#connections++
    const server = connect({ ...this.#to, noDelay: true })
    client.setNoDelay(true)
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket))
    }
    const close = (): void => {
      client.destroy()
      server.destroy()
    }
    void this.#pump(client, server, 'up').then(close, close)
    void this.#pump(server, client, 'down').then(close, close)
  }

  async #pump(from: Socket, to: Socket, direction: Fault['direction']): Promise<void> {
    for await (const chunk of from) {
      if (chunk instanceof Uint8Array) await this.#pass(chunk, to, direction)
    }
    to.end()
    if (!to.closed) await once(to, 'close')
  }

  async #pass(chunk: Uint8Array, to: Socket, direction: Fault['direction']): Promise<void> {
    let rest = chunk
    while (rest.length > 0) {
      const fault = this.#pending.find((each) => each.direction === direction)
      const room =
        fault === undefined ? rest.length : Math.min(rest.length, Math.max(0, fault.at - this.#passed[direction]))
      await this.#write(rest.subarray(0, room), to, direction)
      rest = rest.subarray(room)
      if (fault !== undefined && this.#passed[direction] >= fault.at) await this.#happen(fault)
    }
  }

  async #write(bytes: Uint8Array, to: Socket, direction: Fault['direction']): Promise<void> {
    await this.#swallowing?.ended
    if (bytes.length === 0) return
    this.#passed[direction] += bytes.length
    if (!to.write(bytes)) await Promise.race([once(to, 'drain'), once(to, 'close')])
  }

  async #happen(fault: Fault): Promise<void> {
    this.#pending.splice(this.#pending.indexOf(fault), 1)
    if (fault.does === 'delay') await letPass(fault.delayMs ?? 10)
    // A turn of the event loop after the first bytes were sent makes two packets, and so two reads on the other side.
    else if (fault.does === 'split') await letPass(1)
    else throw new Error(`cut at byte ${fault.at} ${fault.direction}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.swallow(false)
    this.cutAll()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
