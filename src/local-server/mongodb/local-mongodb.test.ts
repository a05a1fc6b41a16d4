import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startChild } from '../../../test/support/child.ts'
import { environment } from '../../../test/support/environment.ts'
import { ownMongodbMissing } from '../../../test/support/mongodb.ts'
import { isAlive } from '../../../test/support/process-alive.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { waitFor } from '../../../test/support/wait-for.ts'
import { createLocalMongodb } from './local-mongodb.ts'

const HOLDER = fileURLToPath(new URL('../../../test/support/hold-server.ts', import.meta.url))
const skip = ownMongodbMissing() !== null

test.skipIf(skip)('a server does not outlive the process that started it', async () => {
  await using holder = startChild(process.execPath, [HOLDER, 'mongodb'])
  const [, pid, dataDir] = await holder.output(/server (\d+) (\S+)/)
  holder.kill('SIGKILL')
  await waitFor(
    { until: 'the server and its folder are gone' },
    () => !isAlive(Number(pid)) && !existsSync(dirname(dataDir ?? '/')),
  )
})

test.skipIf(skip)('a server that does not start is reported with what it said, and leaves nothing', async () => {
  using folder = temporaryFolder()
  const pem = folder.file('no-certificate.pem')
  writeFileSync(pem, 'neither a certificate nor a key')
  const before = readdirSync(folder.path)
  const env = { ...environment, TMPDIR: folder.path }
  await using server = await createLocalMongodb({
    env,
    settings: { tls: { certificate: pem, key: pem, authority: pem } },
  })
  await expect(server.start()).rejects.toMatchObject({
    code: 'LOCAL_SERVER_FAILED',
    message: expect.stringMatching(/^the server did not start: \S+ \d/),
    found: expect.stringMatching(/PEM|SSL/i),
  })
  await server[Symbol.asyncDispose]()
  expect(readdirSync(folder.path)).toEqual(before)
})
