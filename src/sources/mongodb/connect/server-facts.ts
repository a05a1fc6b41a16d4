import type { Document } from 'mongodb'
import { OffbeatError } from '../../../model/error.ts'
import { address, type ServerTarget } from '../../connect/server-target.ts'
import { textOf } from './reply.ts'

/** What one server says of itself. */
export interface ServerFacts {
  readonly version: string
  readonly major: number
  readonly minor: number
  /** `mongos`: a router of a sharded cluster. `standalone`: a server without an oplog. */
  readonly role: 'primary' | 'secondary' | 'mongos' | 'standalone' | 'other'
  /** null: not a member of a replica set. */
  readonly setName: string | null
  /** The name by which the other members of its set know it. null: it is not a member. */
  readonly me: string | null
}

/** The driver refuses older ones too. */
const OLDEST = [4, 4] as const

export function serverFacts(hello: Document, build: Document): ServerFacts {
  const version = typeof build['version'] === 'string' ? build['version'] : ''
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? []
  return {
    version,
    major: Number(major ?? 0),
    minor: Number(minor ?? 0),
    role: roleOf(hello),
    setName: textOf(hello['setName']),
    me: textOf(hello['me']),
  }
}

function roleOf(hello: Document): ServerFacts['role'] {
  if (hello['msg'] === 'isdbgrid') return 'mongos'
  if (typeof hello['setName'] !== 'string') return hello['isreplicaset'] === true ? 'other' : 'standalone'
  if (hello['isWritablePrimary'] === true || hello['ismaster'] === true) return 'primary'
  return hello['secondary'] === true ? 'secondary' : 'other'
}

export function atLeast({ major, minor }: ServerFacts, [a, b]: readonly [number, number]): boolean {
  return major === a ? minor >= b : major > a
}

/** Throws if the server is too old. */
export function checkVersion(facts: ServerFacts, target: ServerTarget): void {
  if (!atLeast(facts, OLDEST)) throw tooOld(target, `MongoDB ${facts.version}`)
}

export function tooOld(target: ServerTarget, found: string): OffbeatError {
  return new OffbeatError('DATABASE_VERSION', {
    message: `the server ${address(target)} is too old`,
    found,
    expected: `MongoDB ${OLDEST.join('.')} or newer`,
    details: { host: target.host, port: target.port },
  })
}
