import { existsSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startChild } from '../../../test/support/child.ts'
import { environment } from '../../../test/support/environment.ts'
import { mysqlMissing } from '../../../test/support/mysql.ts'
import { isAlive } from '../../../test/support/process-alive.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { waitFor } from '../../../test/support/wait-for.ts'
import { createLocalMysql } from './local-mysql.ts'

const HOLDER = fileURLToPath(new URL('../../../test/support/hold-server.ts', import.meta.url))
const skip = mysqlMissing('mariadb-10.11') !== null

test.skipIf(skip)('a server does not outlive the process that started it', async () => {
  await using holder = startChild(process.execPath, [HOLDER, 'mariadb'])
  const [, pid, dataDir] = await holder.output(/server (\d+) (\S+)/)
  holder.kill('SIGKILL')
  await waitFor(
    { until: 'the server and its folder are gone' },
    () => !isAlive(Number(pid)) && !existsSync(dirname(dataDir ?? '/')),
  )
})

test.skipIf(skip)('a setting that the server does not know is reported with what the server said', async () => {
  using folder = temporaryFolder()
  const before = readdirSync(folder.path)
  const env = { ...environment, TMPDIR: folder.path }
  await using server = await createLocalMysql({ product: 'mariadb', env, settings: { no_such_setting: '1' } })
  await expect(server.start()).rejects.toMatchObject({
    code: 'LOCAL_SERVER_FAILED',
    found: expect.stringContaining("unknown variable 'no_such_setting=1'"),
  })
  expect(readdirSync(folder.path)).toEqual(before)
})
