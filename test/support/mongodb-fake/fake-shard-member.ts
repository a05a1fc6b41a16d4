import { oplogEntry, oplogStatistics } from './fake-commands.ts'
import { helloReply } from './fake-hello.ts'
import { type Answer, FakeNode } from './fake-node.ts'
import { type FakeVersion, wireVersionOf } from './fake-version.ts'
import { PLAIN_LOGIN } from './login-url.ts'
import type { Oplog } from './oplog.ts'
import { errorReply, ServerError } from './server-error.ts'
import type { BsonDocument } from './wire-message.ts'

interface FakeShard {
  readonly name: string
  readonly version: FakeVersion
  readonly oplog: Oplog
  /** The newest time of its own oplog. */
  readonly reached: () => bigint
}

const HANDSHAKES = new Set(['hello', 'isMaster', 'ismaster'])
const KNOWN = new Set([...HANDSHAKES, 'buildInfo', 'endSessions', 'find', 'aggregate', 'serverStatus', 'saslStart'])
/** The answer of a member to a client that has not logged in. */
const UNGUARDED = new Set([...HANDSHAKES, 'endSessions'])

/** The only member of a shard's replica set. A client that reaches it directly can read its oplog, and see how far it has written. */
export class FakeShardMember implements AsyncDisposable {
  /** Clients have to log in, and no user of the cluster is one of the shard. */
  isGuarded = false
  /** The shard has the user too: a login with PLAIN succeeds. */
  hasUser = false
  /** The names of the commands so far, without the handshakes. */
  readonly received: string[] = []
  readonly #shard: FakeShard
  readonly #node: FakeNode

  constructor(shard: FakeShard) {
    this.#shard = shard
    this.#node = new FakeNode((command) => this.#answer(command), null)
  }

  get name(): string {
    return this.#shard.name
  }

  get host(): string {
    return `127.0.0.1:${this.#node.port}`
  }

  async listen(): Promise<void> {
    await this.#node.listen()
  }

  /** Nothing listens any more. */
  async stop(): Promise<void> {
    await this.#node[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #answer(command: BsonDocument): Promise<Answer> {
    const [name = ''] = Object.keys(command)
    if (!HANDSHAKES.has(name)) this.received.push(name)
    try {
      return this.#run(name, command)
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      return errorReply(error, wireVersionOf(this.#shard.version), name)
    }
  }

  #run(name: string, command: BsonDocument): BsonDocument {
    const { version, oplog, reached } = this.#shard
    if (!KNOWN.has(name)) throw new ServerError(59, `no such command for the fake shard: ${name}`)
    if (name === 'saslStart' && !this.hasUser) throw new ServerError(18, 'Authentication failed.')
    if (name === 'saslStart') return PLAIN_LOGIN
    if (this.isGuarded && !UNGUARDED.has(name)) throw new ServerError(13, `Command ${name} requires authentication`)
    switch (name) {
      case 'buildInfo':
        return { version: `${version}.0`, ok: 1 }
      case 'endSessions':
        return { ok: 1 }
      case 'find': {
        const isLast = Object(command['sort'])['$natural'] === -1
        const firstBatch = oplogEntry(oplog, isLast ? oplog.from(reached()) : oplog.first)
        return { cursor: { firstBatch, id: 0n, ns: 'local.oplog.rs' }, ok: 1 }
      }
      case 'aggregate':
        return oplogStatistics(oplog)
      case 'serverStatus':
        return { oplogTruncation: { oplogMinRetentionHours: 0 }, ok: 1 }
      default:
        return this.#hello()
    }
  }

  #hello(): BsonDocument {
    const { version, reached } = this.#shard
    const { name, host } = this
    return helloReply({
      ...{ shape: 'replicaSet', version, setName: name, hosts: [host], arbiters: [], me: host, primary: host },
      ...{ isReadable: true, isArbiter: false, isHidden: false, term: 1, time: reached() },
    })
  }
}
