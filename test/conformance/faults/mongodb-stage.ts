import { type AuditedMongodb, openAuditedMongodb } from '../../support/audited-mongodb.ts'
import { ownMongodbMissing, startMongodb } from '../../support/mongodb.ts'
import type { FaultStage, FaultyDatabase } from './stage.ts'

export const MONGODB_FAULT_STAGE: FaultStage = {
  name: 'MongoDB',
  seed: 23,
  missing: ownMongodbMissing(),
  open: async () => faulty(await openAuditedMongodb(await startMongodb())),
  async openServer() {
    const audited = await openAuditedMongodb(await startMongodb())
    const { server, admin } = audited
    return {
      ...faulty(audited),
      harms: { 'kill -9': () => server.kill(), 'a restart': () => server.stop() },
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
