import { MongoClient, type MongoClientOptions } from 'mongodb'
import { type FailPoint, isAbout, type Release, type Requirement, type Topology } from './unified-case.ts'

/** A server that cases are run on, with what decides which of them. */
export class Deployment implements AsyncDisposable {
  readonly url: string
  readonly release: Release
  readonly topology: Topology
  readonly #isSecantusdb: boolean
  readonly #client: MongoClient
  readonly #createDatabase: () => string
  /** No one else uses the server, so fail points that meet every client can be set. */
  readonly #isOwn: boolean

  private constructor(
    given: DeploymentGiven,
    client: MongoClient,
    facts: { readonly release: Release; readonly topology: Topology; readonly isSecantusdb: boolean },
  ) {
    this.url = given.url
    this.release = facts.release
    this.topology = facts.topology
    this.#isSecantusdb = facts.isSecantusdb
    this.#createDatabase = given.createDatabase
    this.#isOwn = given.isOwn
    this.#client = client
  }

  static async at(given: DeploymentGiven): Promise<Deployment> {
    const client = new MongoClient(given.url, FAST)
    const admin = client.db('admin')
    const [{ version, secantusVersion }, hello] = await Promise.all([
      admin.command({ buildInfo: 1 }),
      admin.command({ hello: 1 }),
    ])
    const [major = 0, minor = 0] = String(version).split('.').map(Number)
    const facts = { topology: topologyOf(hello), isSecantusdb: secantusVersion !== undefined }
    return new Deployment(given, client, { ...facts, release: [major, minor] })
  }

  /** For what is done beside the case. */
  get other(): MongoClient {
    return this.#client
  }

  /** Why the case is not run here. null: it is. */
  async reasonAgainst(requirement: Requirement, failPoint: FailPoint | null): Promise<string | null> {
    if (!isAbout(requirement, this)) return 'it is about servers of another kind or release'
    if (this.#isSecantusdb && requirement.notSecantusdb !== undefined) return `SecantusDB ${requirement.notSecantusdb}`
    if (failPoint !== null && !(await this.#hasFailPoints())) return 'the server was started without fail points'
    if (failPoint?.configureFailPoint === 'failGetMoreAfterCursorCheckout' && !this.#isOwn)
      return 'its fail point would meet the clients of other tests'
    return null
  }

  /** Names for the databases of a case. */
  names(): Readonly<Record<string, string>> {
    return { db0: this.#createDatabase(), db1: this.#createDatabase() }
  }

  /** A client whose commands are observed, and which fail points can be restricted to by its name. */
  observed(appName: string): MongoClient {
    return new MongoClient(this.url, { ...FAST, appName, monitorCommands: true })
  }

  async setFailPoint({ configureFailPoint, times, data }: FailPoint, appName: string): Promise<void> {
    const restricted = configureFailPoint === 'failCommand' ? { ...data, appName } : data
    await this.#client.db('admin').command({ configureFailPoint, mode: { times }, data: restricted })
  }

  async #hasFailPoints(): Promise<boolean> {
    try {
      await this.removeFailPoint({ configureFailPoint: 'failCommand' })
      return true
    } catch (error) {
      if (ABSENT_OR_REFUSED.includes(Object(error)['code'])) return false
      throw error
    }
  }

  async removeFailPoint({ configureFailPoint }: Pick<FailPoint, 'configureFailPoint'>): Promise<void> {
    await this.#client.db('admin').command({ configureFailPoint, mode: 'off' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close()
  }
}

interface DeploymentGiven {
  readonly url: string
  readonly createDatabase: () => string
  readonly isOwn: boolean
}

/** The driver looks for a changed topology as soon as it has to, without waiting for the server to tell it of a change. */
const FAST: MongoClientOptions = {
  minHeartbeatFrequencyMS: 10,
  heartbeatFrequencyMS: 500,
  serverMonitoringMode: 'poll',
}
/** CommandNotFound, Unauthorized. */
const ABSENT_OR_REFUSED = [59, 13]

function topologyOf({ msg, setName }: Record<string, unknown>): Topology {
  if (msg === 'isdbgrid') return 'mongos'
  return setName === undefined ? 'standalone' : 'replicaSet'
}
