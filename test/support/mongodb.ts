import { randomBytes } from 'node:crypto'
import { MongoClient, type MongoClientOptions } from 'mongodb'
import { inject } from 'vitest'
import { startLocalMongodb } from '../../src/local-server/mongodb/local-mongodb.ts'
import type { MongodbSettings } from '../../src/local-server/mongodb/mongodb-arguments.ts'
import { environment, isRequired } from './environment.ts'
import { askSharedMongodb } from './mongodb-keeper.ts'
import { type OwnedServer, ownedParts } from './owned-server.ts'
import { skipWithout } from './skip-without.ts'
import { testLabel } from './temporary-folder.ts'

/** A server with MongoDB's protocol and change streams. Disposing stops it if it was started for the test. A shared server keeps running. */
export interface MongodbServer extends AsyncDisposable {
  /** With the login of a user with all privileges, if clients log in. '' as the database: none is named. */
  url(database: string): string
  /** The name of a database that does not exist yet. A server that keeps running drops it at the end of the run. */
  createDatabase(): string
  /** A client of its own. It connects with its first command, and must be closed. */
  client(options?: MongoClientOptions): MongoClient
}

/** A server that belongs to the test. */
export interface OwnMongodbServer extends MongodbServer, OwnedServer<MongodbSettings> {
  readonly pid: number | null
  readonly port: number
}

interface StartOptions {
  /** Clients log in. Absent: everybody is let in. */
  readonly auth?: boolean
  readonly settings?: MongodbSettings
}

/** Starts a server for this test alone. SecantusDB takes seconds to start, so use the shared server where it is enough. */
export async function startMongodb({ auth = false, settings = {} }: StartOptions = {}): Promise<OwnMongodbServer> {
  const missing = ownMongodbMissing()
  if (missing !== null) skipWithout('mongodb', missing)
  const local = await startLocalMongodb({ env: environment, auth, settings, label: testLabel() })
  return {
    ...overMongodbUrl((database) => local.url(database)),
    ...ownedParts(local),
    get pid() {
      return local.pid
    },
    port: local.port,
  }
}

/** The server that the whole run shares. `auth`: another one, where clients log in. */
export async function sharedMongodb({ auth = false }: Pick<StartOptions, 'auth'> = {}): Promise<MongodbServer> {
  const missing = mongodbMissing()
  if (missing !== null) skipWithout('mongodb', missing)
  const answer = await askSharedMongodb(inject('mongodbKeeper').port, auth ? 'auth' : 'open')
  if ('missing' in answer) skipWithout('mongodb', answer.missing)
  return {
    ...overMongodbUrl((database) => withDatabase(answer.url, database)),
    async [Symbol.asyncDispose]() {
      // The server keeps running for the other tests.
    },
  }
}

/** Why there is no server for tests, for `describe.skipIf`. null: there is one. */
export function mongodbMissing(): string | null {
  return unlessRequired(inject('mongodbKeeper').shared)
}

/** Why no server can be started for one test. */
export function ownMongodbMissing(): string | null {
  return unlessRequired(inject('mongodbKeeper').own)
}

function unlessRequired(reason: string | null): string | null {
  if (reason !== null && isRequired('mongodb')) throw new Error(`OFFBEAT_REQUIRE names mongodb: ${reason}`)
  return reason
}

/** The URL of a MongoDB deployment can name several hosts, so it is not a `URL`. */
function withDatabase(url: string, database: string): string {
  return url.replace(
    /^(mongodb(?:\+srv)?:\/\/[^/?]*)\/?[^?]*/,
    (_, hosts: string) => `${hosts}/${encodeURIComponent(database)}`,
  )
}

function overMongodbUrl(url: (database: string) => string): Pick<MongodbServer, 'url' | 'createDatabase' | 'client'> {
  return {
    url,
    client: (options = {}) => new MongoClient(url(''), options),
    createDatabase() {
      const label = testLabel().slice(0, 24).toLowerCase().replaceAll('-', '_')
      return `${inject('mongodbKeeper').prefix}${label}_${randomBytes(4).toString('hex')}`
    },
  }
}
