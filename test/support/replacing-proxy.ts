import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface ReplacingProxy extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** The number of replacements so far. */
  replaced(): number
}

/** A proxy that replaces `what` with `by` in data from `sender`, if `what` arrives within one chunk. Both must have the same length. */
export async function startReplacingProxy(
  target: { readonly host: string; readonly port: number },
  what: Buffer,
  by: Buffer,
  sender: 'server' | 'client' = 'server',
): Promise<ReplacingProxy> {
  let count = 0
  const sockets = new Set<Socket>()
  const change = (chunk: Buffer): Buffer => {
    for (let at = chunk.indexOf(what); at >= 0; at = chunk.indexOf(what, at + 1)) {
      by.copy(chunk, at)
      count++
    }
    return chunk
  }
  const server = createServer((client) => {
    const upstream = connect({ ...target })
    const close = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) sockets.add(socket.on('error', close).on('close', close))
    const [from, to] = sender === 'server' ? [upstream, client] : [client, upstream]
    to.pipe(from)
    from.on('data', (chunk: Buffer) => to.write(change(chunk)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    host: '127.0.0.1',
    port: typeof address === 'object' && address !== null ? address.port : 0,
    replaced: () => count,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
