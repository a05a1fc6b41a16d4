import { randomUUID } from 'node:crypto'
import { Binary, ObjectId } from 'mongodb'
import type { StreamServer } from './change-stream.ts'
import { listOf } from './document-match.ts'
import { FailPoints } from './fail-point.ts'
import { READ_COMMANDS, WRITE_COMMANDS } from './fake-commands.ts'
import { FakeCursors, sessionOf } from './fake-cursors.ts'
import { FakeData } from './fake-data.ts'
import type { FakeShape } from './fake-hello.ts'
import { FakeMembers, type MemberState } from './fake-members.ts'
import { type Answer, FakeNode, type FakeTls } from './fake-node.ts'
import { FakeShardMember } from './fake-shard-member.ts'
import { FakeShards } from './fake-shards.ts'
import { type FakeVersion, wireVersionOf } from './fake-version.ts'
import { type Fault, FaultPlan } from './fault.ts'
import type { TokenVersion } from './key-string-token.ts'
import { type LogChange, Oplog } from './oplog.ts'
import { errorReply, ServerError } from './server-error.ts'
import { timestampOf } from './stream-options.ts'
import type { BsonDocument } from './wire-message.ts'

export interface FakeOptions {
  /** How many members the replica set has, or how many mongos there are. Absent: 1. */
  readonly nodes?: number
  /** Absent: 8.0. Its tokens are of version 2 from 7.0. */
  readonly version?: FakeVersion
  /** Absent: a replica set. */
  readonly shape?: FakeShape
  /** How many shards the cluster of the mongos has. Absent: 1. */
  readonly shards?: number
  /** The cluster time to begin with, in seconds. Absent: now. */
  readonly seconds?: number
  /** Absent: nothing is encrypted. */
  readonly tls?: FakeTls
}

/** What a command is answered: a document, the bytes of one, which are sent as they are, or null: as the fake usually does. */
type GivenAnswer = BsonDocument | Buffer | null

export interface ReceivedCommand {
  readonly node: number
  readonly name: string
  readonly command: BsonDocument
}

const HANDSHAKES = new Set(['hello', 'isMaster', 'ismaster'])

/**
 * A stand-in for MongoDB that speaks its wire protocol, with an oplog in memory. Its change streams, resume tokens and errors follow the
 * published specifications; `mongodb-unified/` holds it to their published cases with the real driver. It is for what a real server does only by
 * accident: elections, lost history, cut connections, late replies. Nobody needs to log in.
 *
 * Of the shape `mongos` it is a sharded cluster: its nodes are routers, one oplog has the entries of all shards, and each shard and the config
 * servers have a member that can be connected to.
 */
export async function fakeMongodb(options: FakeOptions = {}): Promise<FakeMongodb> {
  const fake = new FakeMongodb(options)
  await fake.listen()
  return fake
}

export class FakeMongodb implements AsyncDisposable, StreamServer {
  readonly oplog: Oplog
  readonly data: FakeData
  readonly tokenVersion: TokenVersion
  readonly wireVersion: number
  readonly setName = 'fake'
  /** Larger events are split, or end the stream. */
  maxEventBytes = 16 * 1024 ** 2
  /** A getMore that has to examine more entries than this before it has an event runs out of time (50). null: none does. */
  scanLimit: number | null = null
  /** How far each shard has come. One that writes nothing holds the others up. */
  readonly shards: FakeShards
  /** One of each shard, and then one of the config servers. */
  readonly shardMembers: readonly FakeShardMember[]
  /** The newest time of the config servers. null: the cluster's. */
  configTime: bigint | null = null
  /** The tags of each member, as its set's configuration has them. */
  memberTags: readonly BsonDocument[] = []
  /** Fields that each hello has besides its own, or in their place. */
  helloFields: BsonDocument = {}
  readonly #version: FakeVersion
  readonly #shape: FakeShape
  readonly #received: ReceivedCommand[] = []
  readonly #plan = new FaultPlan()
  readonly #failPoints = new FailPoints()
  /** By the signal of the connection: what its client calls itself. */
  readonly #appNames = new WeakMap<AbortSignal, string>()
  readonly #answers = new Map<string, (command: BsonDocument) => GivenAnswer | Promise<GivenAnswer>>()
  readonly #retryable = new Map<string, BsonDocument>()
  readonly #nodes: readonly { readonly node: FakeNode; readonly cursors: FakeCursors }[]
  readonly #deploymentId = new ObjectId()
  readonly #members: FakeMembers
  #transactions = 0n

  constructor({
    nodes = 1,
    version = '8.0',
    shape = 'replicaSet',
    shards = 1,
    seconds = Math.floor(Date.now() / 1_000),
    tls,
  }: FakeOptions) {
    this.#version = version
    this.#shape = shape
    this.wireVersion = wireVersionOf(version)
    this.tokenVersion = this.wireVersion >= wireVersionOf('7.0') ? 2 : 1
    this.shards = new FakeShards(shards)
    this.oplog = new Oplog(seconds, this.shards)
    const memberOf = (name: string, reached: () => bigint) =>
      new FakeShardMember({ name, version, oplog: this.oplog, reached })
    const ofShards = Array.from({ length: shards }, (_, number) =>
      memberOf(`shard0${number}`, () => this.shards.reachedBy(number)),
    )
    const ofConfig = memberOf(CONFIG, () => this.configTime ?? this.time)
    this.shardMembers = shape === 'mongos' ? [...ofShards, ofConfig] : []
    this.data = new FakeData(this.oplog)
    this.#members = new FakeMembers(() => ({
      shape,
      version,
      setName: this.setName,
      hosts: this.hosts,
      time: this.time,
    }))
    this.#nodes = Array.from({ length: nodes }, (_, index) => ({
      node: new FakeNode((command, gone) => this.#answer(index, command, gone), tls ?? null),
      cursors: new FakeCursors(this),
    }))
  }

  async listen(): Promise<void> {
    await Promise.all([...this.#nodes.map(({ node }) => node), ...this.shardMembers].map((each) => each.listen()))
  }

  /** The host and port of each node. */
  get hosts(): readonly string[] {
    return this.#nodes.map(({ node }) => `127.0.0.1:${node.port}`)
  }

  /** Of the whole deployment. '' as the database: none is named. */
  url(database = '', options: Readonly<Record<string, string>> = {}): string {
    const all = this.#shape === 'replicaSet' ? { replicaSet: this.setName, ...options } : options
    return `mongodb://${this.hosts.join(',')}/${database}?${new URLSearchParams(all).toString()}`
  }

  /** The commands so far, without the handshakes. */
  get received(): readonly ReceivedCommand[] {
    return this.#received
  }

  /** How many cursors are open on all nodes. */
  get openCursors(): number {
    return this.#nodes.reduce((sum, { cursors }) => sum + cursors.count, 0)
  }

  /** The time of the newest entry of the oplog. */
  get time(): bigint {
    return this.oplog.time
  }

  insert(ns: string, document: BsonDocument): void {
    this.data.insert(ns, document)
  }

  /** A no-op in the oplog, as a primary writes it when nothing else is written. `shard`: only in the oplog of that one. */
  noop(shard?: number): void {
    this.oplog.append([], shard)
  }

  /** What `work` changes becomes one transaction of a session of its own. */
  transaction(work: () => void): void {
    this.#transactions += 1n
    this.data.transaction(work, { lsid: randomUUID(), txnNumber: this.#transactions })
  }

  trimOplogBefore(time: bigint): void {
    this.oplog.trimBefore(time)
  }

  /** The next command of this name meets the fault. Several wait for their turn. `node`: only on that one. */
  onNext(command: string, fault: Fault, node: number | null = null): void {
    this.#plan.add({ command, fault, node })
  }

  /** How many faults no command has met yet. */
  get pendingFaults(): number {
    return this.#plan.size
  }

  /** What a command that the fake does not know, or knows otherwise, is answered from now on. */
  answer(
    command: string,
    answer: BsonDocument | ((command: BsonDocument) => GivenAnswer | Promise<GivenAnswer>),
  ): void {
    this.#answers.set(command, typeof answer === 'function' ? (asked) => answer(asked) : () => answer)
  }

  /** Makes a node the primary, null none. The cursors of the old primary die, unless it stepped down, when only reads continue. */
  elect(node: number | null, { keepsCursors = false }: { readonly keepsCursors?: boolean } = {}): void {
    const before = this.#members.elect(node)
    if (!keepsCursors && before !== null && before !== node) this.#nodes[before]?.cursors.interrupt()
  }

  /** Makes a member an arbiter, hidden, or one that cannot be read now. Its cursors die. null: primary or secondary again. */
  become(node: number, state: MemberState | null): void {
    this.#members.become(node, state)
    if (state !== 'HIDDEN') this.#nodes[node]?.cursors.interrupt()
  }

  /** Closes all connections of a node, or of all nodes. New ones are accepted. */
  cut(node: number | null = null): void {
    for (const [index, one] of this.#nodes.entries()) if (node === null || node === index) one.node.cut()
  }

  /** Nothing listens at this node any more. */
  async stop(node: number): Promise<void> {
    await this.#nodes[node]?.node[Symbol.asyncDispose]()
  }

  /** Kills the cursors of all nodes, as a restart would. */
  killCursors(): void {
    for (const { cursors } of this.#nodes) cursors.interrupt()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#nodes.map(({ node }) => node), ...this.shardMembers]
    await Promise.all(all.map((each) => each[Symbol.asyncDispose]()))
  }

  lookUp(change: LogChange): BsonDocument | null {
    return this.data.lookUp(change)
  }

  async #answer(index: number, command: BsonDocument, gone: AbortSignal): Promise<Answer> {
    const [name = ''] = Object.keys(command)
    if (HANDSHAKES.has(name)) this.#learnName(command, gone)
    else this.#received.push({ node: index, name, command })
    const fault =
      this.#plan.take(HANDSHAKES.has(name) ? 'hello' : name, index) ??
      this.#failPoints.take(name, this.#appNames.get(gone) ?? null)
    if (fault?.kind === 'silence') return 'silence'
    if (fault?.kind === 'cut' && fault.when === 'before') return null
    if (fault?.kind === 'held') await fault.until
    const outcome = await this.#outcome(index, name, command, fault, gone)
    if (fault?.kind === 'cut') return null
    if (Buffer.isBuffer(outcome)) return outcome
    const answer = this.#withTimes(outcome)
    return fault?.kind === 'rewrite' ? fault.change(answer) : answer
  }

  #learnName({ client }: BsonDocument, connection: AbortSignal): void {
    const name = Object(Object(client)['application'])['name']
    if (name !== undefined) this.#appNames.set(connection, String(name))
  }

  async #outcome(
    index: number,
    name: string,
    command: BsonDocument,
    fault: Fault | null,
    gone: AbortSignal,
  ): Promise<BsonDocument | Buffer> {
    try {
      if (fault?.kind === 'error') {
        if (name === 'getMore' && !fault.keepsCursor) this.#nodes[index]?.cursors.kill([command['getMore']])
        throw new ServerError(fault.code, fault.message, fault.labels)
      }
      return await this.#run(index, name, command, gone)
    } catch (error) {
      if (!(error instanceof ServerError)) return { ok: 0, code: 1, errmsg: `the fake failed: ${String(error)}` }
      const isStreamError = name === 'getMore' && error.code !== 43 && fault?.kind !== 'error'
      if (isStreamError) this.#nodes[index]?.cursors.kill([command['getMore']])
      return errorReply(error, this.wireVersion, name)
    }
  }

  async #run(index: number, name: string, command: BsonDocument, gone: AbortSignal): Promise<BsonDocument | Buffer> {
    if (HANDSHAKES.has(name))
      return { ...this.#members.hello(index), tags: this.memberTags[index] ?? {}, ...this.helloFields }
    this.#members.refuse(index, name)
    const given = (await this.#answers.get(name)?.(command)) ?? null
    if (given !== null) return Buffer.isBuffer(given) ? given : { ok: 1, ...given }
    const cursors = this.#nodes[index]?.cursors
    const write = WRITE_COMMANDS.get(name)
    if (name === 'shardCollection' && this.#shape !== 'mongos') return notFound(name)
    if (write !== undefined) return this.#write(index, command, () => write(command, this.data, this.oplog))
    switch (name) {
      case 'aggregate':
        this.#refuseStandalone(command)
        return cursors?.aggregate(command) ?? this.#read(name, command)
      case 'getMore':
        return (await cursors?.getMore(command, gone)) ?? notFound(name)
      case 'killCursors':
        return cursors?.kill(Array.isArray(command['cursors']) ? command['cursors'] : []) ?? notFound(name)
      case 'configureFailPoint':
        return this.#failPoints.configure(command)
      case 'buildInfo':
        return { version: `${this.#version}.0`, versionArray: [...this.#version.split('.').map(Number), 0, 0], ok: 1 }
      case 'serverStatus':
        return {
          ...this.#read(name, command),
          sharding: { configsvrConnectionString: this.shardMembers.map(setOf).at(-1) },
          metrics: { cursor: { open: { total: BigInt(this.openCursors) } } },
        }
      case 'replSetGetStatus':
        return this.#members.status(index)
      case 'listShards':
        return { shards: this.#shardDocuments(), ok: 1 }
      case 'replSetGetConfig':
        return { config: this.#systemDocument('local.system.replset'), ok: 1 }
      default:
        return this.#read(name, command)
    }
  }

  #read(name: string, command: BsonDocument): BsonDocument {
    const ns = `${String(command['$db'])}.${String(command[name])}`
    if (this.#shape === 'mongos' && command['$db'] === 'local')
      throw new ServerError(20, "Can't use 'local' database through mongos")
    if (ns === 'config.shards') return { cursor: { firstBatch: this.#shardDocuments(), id: 0n, ns }, ok: 1 }
    const document = name === 'find' ? this.#systemDocument(ns) : null
    if (document !== null) return { cursor: { firstBatch: [document], id: 0n, ns }, ok: 1 }
    return READ_COMMANDS.get(name)?.(command, this.data, this.oplog) ?? notFound(name)
  }

  #shardDocuments(): readonly BsonDocument[] {
    if (this.#shape !== 'mongos') throw new ServerError(59, 'no such command for a mongod: listShards')
    return this.shardMembers.slice(0, -1).map((member) => ({ _id: member.name, host: setOf(member), state: 1 }))
  }

  /** What a deployment keeps of itself. null: the fake keeps no such document. */
  #systemDocument(ns: string): BsonDocument | null {
    const [shape, id] = [this.#shape, this.#deploymentId]
    if (ns === 'config.version' && shape === 'mongos') return { _id: 1, clusterId: id }
    if (ns !== 'local.system.replset' || shape !== 'replicaSet') return null
    return { _id: this.setName, version: 1, settings: { replicaSetId: id } }
  }

  /** A driver that has had no reply sends the same write again, with the same number, and gets the reply of the first time. */
  #write(index: number, command: BsonDocument, run: () => BsonDocument): BsonDocument {
    if (this.#shape === 'replicaSet' && index !== this.#members.primary) throw new ServerError(10_107, 'not primary')
    const number = command['txnNumber']
    if (number === undefined) return run()
    const key = `${sessionOf(command)}:${String(number)}`
    const result = this.#retryable.get(key) ?? run()
    this.#retryable.set(key, result)
    return result
  }

  #refuseStandalone(command: BsonDocument): void {
    if (this.#shape === 'standalone' && '$changeStream' in (listOf(command['pipeline'])[0] ?? {}))
      throw new ServerError(40_573, 'The $changeStream stage is only supported on replica sets')
  }

  #withTimes(answer: BsonDocument): BsonDocument {
    if (this.#shape === 'standalone') return answer
    const clusterTime = timestampOf(this.time)
    const signature = { hash: new Binary(Buffer.alloc(20)), keyId: 0n }
    return { ...answer, $clusterTime: { clusterTime, signature }, operationTime: clusterTime }
  }
}

const CONFIG = 'config'

/** As the cluster's configuration has a replica set. */
function setOf({ name, host }: FakeShardMember): string {
  return `${name}/${host}`
}

function notFound(name: string): never {
  throw new ServerError(59, `no such command for the fake: ${name}`)
}
