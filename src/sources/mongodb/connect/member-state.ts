import type { Document } from 'mongodb'
import { OffbeatError } from '../../../model/error.ts'
import { forPerson, inDatabase, query } from '../../../model/fix.ts'
import { address, type ServerTarget } from '../../connect/server-target.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { shellCommandText } from './command-text.ts'
import { textOf } from './reply.ts'

const STATUS = { database: 'admin', command: { replSetGetStatus: 1 } }

/**
 * Throws if the server is a member of a set and has no data that can be read now. Only `directConnection=true` leads to such a member: the
 * driver finds the others. `ask` runs a command in `admin`.
 */
export async function refuseUnreadableMember(
  hello: Document,
  target: ServerTarget,
  ask: (command: Document) => Promise<Document>,
): Promise<void> {
  const set = textOf(hello['setName'])
  if (set === null) {
    if (hello['isreplicaset'] === true) throw withoutConfiguration(hello, target)
    return
  }
  if (hello['arbiterOnly'] === true) throw arbiter(set, target)
  if (hello['isWritablePrimary'] !== true && hello['ismaster'] !== true && hello['secondary'] !== true)
    throw notReadable(set, target, await stateOf(ask))
}

/** `RECOVERING`, `STARTUP2`, ...; null: the user is not allowed to see it. */
async function stateOf(ask: (command: Document) => Promise<Document>): Promise<string | null> {
  try {
    const { members = [] } = await ask(STATUS.command)
    return textOf(members.find(({ self }: Document) => self === true)?.stateStr)
  } catch {
    return null
  }
}

function arbiter(set: string, target: ServerTarget): OffbeatError {
  return new OffbeatError('MONGODB_ARBITER', {
    message: `the server ${address(target)} is an arbiter of the set ${set}: it votes, and has no data`,
    expected: 'a member of the set that has data',
    fix: [forPerson('name another member in the URL, or the whole set without directConnection=true')],
    details: { set, host: target.host, port: target.port },
  })
}

function notReadable(set: string, target: ServerTarget, state: string | null): OffbeatError {
  return new OffbeatError('DATABASE_STARTING', {
    message: `the member ${address(target)} of the set ${set} cannot be read now`,
    found: state === null ? 'it is neither primary nor secondary' : `its state is ${state}`,
    expected:
      'the state PRIMARY or SECONDARY; without directConnection=true in the URL, another member is read meanwhile',
    fix: [query(shellCommandText(STATUS), 'a user with the role clusterMonitor')],
    details: { set, state, host: target.host, port: target.port },
  })
}

function withoutConfiguration({ info }: Document, target: ServerTarget): OffbeatError {
  return new OffbeatError('MONGODB_NO_REPLICA_SET', {
    message: `the server ${address(target)} runs with --replSet, and is not a member of a replica set: it was not initiated, or was removed`,
    ...(typeof info === 'string' ? { found: info } : {}),
    expected: 'a member of a replica set',
    fix: [inDatabase(shellCommandText({ database: 'admin', command: { replSetInitiate: {} } }), ADMINISTRATOR)],
    details: { host: target.host, port: target.port },
  })
}
