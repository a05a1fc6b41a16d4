import { type FakeShape, helloReply } from './fake-hello.ts'
import type { FakeVersion } from './fake-version.ts'
import { ServerError } from './server-error.ts'
import { timestampOf } from './stream-options.ts'
import type { BsonDocument } from './wire-message.ts'

/** What a member is other than primary or secondary, with the number of its state. */
const STATES = { STARTUP2: 5, RECOVERING: 3, ARBITER: 7, ROLLBACK: 9, HIDDEN: 2 } as const
export type MemberState = keyof typeof STATES

/** What a member answers that has no data that can be read. */
const ALWAYS_ANSWERED = new Set(['buildInfo', 'endSessions', 'ping', 'replSetGetStatus'])

interface FakeDeployment {
  readonly shape: FakeShape
  readonly version: FakeVersion
  readonly setName: string
  readonly hosts: readonly string[]
  readonly time: bigint
}

/** The members of the fake's replica set, or its routers, and what each says of itself. */
export class FakeMembers {
  readonly #deployment: () => FakeDeployment
  readonly #states = new Map<number, MemberState>()
  #primary: number | null = 0
  #term = 1

  constructor(deployment: () => FakeDeployment) {
    this.#deployment = deployment
  }

  /** null: an election is going on. */
  get primary(): number | null {
    return this.#primary
  }

  /** Returns the primary so far. */
  elect(member: number | null): number | null {
    const before = this.#primary
    this.#primary = member
    if (member !== null) this.#term += 1
    return before
  }

  become(member: number, state: MemberState | null): void {
    if (state === null) this.#states.delete(member)
    else this.#states.set(member, state)
  }

  hello(member: number): BsonDocument {
    const { hosts, ...deployment } = this.#deployment()
    const primary = this.#primary === null ? null : (hosts[this.#primary] ?? null)
    const state = this.#state(member)
    const among = (isWanted: (state: MemberState | null) => boolean) =>
      hosts.filter((_, each) => isWanted(this.#state(each)))
    return helloReply({
      ...{ ...deployment, primary, me: hosts[member] ?? '', term: this.#term },
      hosts: among((each) => each !== 'ARBITER' && each !== 'HIDDEN'),
      arbiters: among((each) => each === 'ARBITER'),
      isReadable: isReadable(state),
      isArbiter: state === 'ARBITER',
      isHidden: state === 'HIDDEN',
    })
  }

  status(member: number): BsonDocument {
    const { shape, setName, hosts, time } = this.#deployment()
    if (shape !== 'replicaSet') throw new ServerError(76, 'not running with --replSet')
    const ts = timestampOf(time)
    const optime = { ts, t: BigInt(this.#term) }
    const members = hosts.map((name, each) => ({
      ...{ _id: each, name, health: 1, ...this.#standing(each) },
      ...{ optime, optimeDate: new Date(ts.t * 1_000), self: each === member },
    }))
    return { set: setName, myState: this.#standing(member).state, term: BigInt(this.#term), members, ok: 1 }
  }

  /** Throws as a member does that has no data that can be read. */
  refuse(member: number, command: string): void {
    if (isReadable(this.#state(member)) || ALWAYS_ANSWERED.has(command)) return
    throw new ServerError(13_436, 'node is not in primary or recovering state')
  }

  #standing(member: number): { readonly state: number; readonly stateStr: string } {
    const state = this.#state(member)
    if (state !== null && !isReadable(state)) return { state: STATES[state], stateStr: state }
    return member === this.#primary ? { state: 1, stateStr: 'PRIMARY' } : { state: 2, stateStr: 'SECONDARY' }
  }

  #state(member: number): MemberState | null {
    return this.#states.get(member) ?? null
  }
}

function isReadable(state: MemberState | null): boolean {
  return state === null || state === 'HIDDEN'
}
