import { expect, test } from 'vitest'
import { readsFromNow } from '../support/audited.ts'
import { openAuditedMongodb } from '../support/audited-mongodb.ts'
import { startOffbeat } from '../support/child.ts'
import { expectLost } from '../support/expect-lost.ts'
import { proven } from '../support/fault.ts'
import { ownMongodbMissing, startMongodb } from '../support/mongodb.ts'
import { rollOver } from '../support/mongodb-rollover.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { waitFor } from '../support/wait-for.ts'

const absent = ownMongodbMissing() !== null
const settings = { smallOplog: true }

/** The time of the offset, and how far the oplog reaches. */
const EVIDENCE = /its first entry is of \S+ \(\d+\.\d+\), its last of \S+ \(\d+\.\d+\)[\s\S]*time of the offset/u

test.skipIf(absent)(
  'promise 9: the oplog rolled over while Offbeat is stopped ends it with 3, evidence and choices',
  async (context) => {
    await using audited = await openAuditedMongodb(await startMongodb({ settings }))
    const cwd = audited.folder.path
    const toHead = async () => expect(await runOffbeat(['run', '--until', 'head'], { cwd })).toMatchObject({ code: 0 })
    await toHead()
    await audited.insert('read')
    await toHead()
    await audited.insert('unread')
    await rollOver(audited.admin, audited.database)
    await expectLost(audited, 'MONGODB_OPLOG_LOST', EVIDENCE)
    expect(audited.changes().map(({ pad }) => pad)).toEqual(['read'])
    proven(context, {
      fault: 'the oplog rolls over while Offbeat is stopped',
      verdict: 'lost',
      result: 'the connector ends with 3, the evidence and the choices; nothing is skipped',
    })
  },
)

test.skipIf(absent)(
  'promise 9: the oplog rolled over while Offbeat runs and is cut off from the server ends it with 3',
  async (context) => {
    await using audited = await openAuditedMongodb(await startMongodb({ settings }))
    await using proxy = await startTcpProxy({ host: '127.0.0.1', port: audited.server.port })
    audited.configure({ port: proxy.port })
    await using running = startOffbeat(['run'], { cwd: audited.folder.path })
    await readsFromNow(audited)
    await audited.insert('read')
    await waitFor({ until: 'the document is there' }, () => audited.delivered().length === 1)
    proxy.swallow(true)
    proxy.cutAll()
    await audited.insert('unread')
    await rollOver(audited.admin, audited.database)
    proxy.swallow(false)
    const { code, stderr } = await running.ended
    expect(code, stderr).toBe(3)
    expect(stderr).toContain('MONGODB_OPLOG_LOST')
    expect(stderr).toMatch(/"verdict":"lost"/u)
    expect(audited.changes().map(({ pad }) => pad)).toEqual(['read'])
    proven(context, {
      fault: 'the oplog rolls over while Offbeat runs and is cut off from the server',
      verdict: 'lost',
      result: 'the connector ends with 3; nothing is skipped',
    })
  },
)
