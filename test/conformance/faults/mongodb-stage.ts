import { type AuditedMongodb, openAuditedMongodb } from '../../support/audited-mongodb.ts'
import { type OwnMongodbServer, ownMongodbMissing, startMongodb } from '../../support/mongodb.ts'
import type { FaultStage, FaultyDatabase } from './stage.ts'

/** The oplog shows what was committed, also at the end of a soak run. */
const settings = { oplog: { megabytes: 20_000, entries: 100_000_000 } }

export const MONGODB_FAULT_STAGE: FaultStage = {
  name: 'MongoDB',
  seed: 23,
  // SecantusDB gets slower with the length of its oplog: after 50 kills, a start takes half a minute.
  soakServers: 8,
  missing: ownMongodbMissing(),
  open: async () => faulty(await openAuditedMongodb(await startMongodb({ settings }))),
  async openServer() {
    const audited = await openAuditedMongodb(await startMongodb({ settings }))
    const { server, admin } = audited
    return {
      ...faulty(audited),
      harms: { 'kill -9': () => server.kill(), 'a restart': () => server.stop() },
      freeze: { freeze: async () => signalTo(server, 'SIGSTOP'), thaw: async () => signalTo(server, 'SIGCONT') },
      stop: () => server.stop(),
      start: () => server.start(),
      commitNothing: async () => void (await admin.db('nothing').createCollection('in_it')),
    }
  },
}

function faulty(audited: AuditedMongodb): FaultyDatabase {
  return {
    ...audited,
    server: { host: '127.0.0.1', port: audited.server.port },
  }
}

function signalTo({ pid }: OwnMongodbServer, signal: 'SIGSTOP' | 'SIGCONT'): void {
  if (pid === null) throw new Error('the server is down')
  process.kill(pid, signal)
}
