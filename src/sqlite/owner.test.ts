import { symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startChild } from '../../test/support/child.ts'
import { openStore } from '../../test/support/open-store.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { acquireOwner, ownerOf } from './owner.ts'

const me = {
  pid: 4711,
  host: 'here',
  sinceMs: 1_767_225_600_000,
  command: 'offbeat run',
  api: 'http://127.0.0.1:7070',
  sources: ['shop', 'stock'],
}
const CHILD = new URL('../../test/support/store-child.ts', import.meta.url).pathname

describe('the owner of a store', () => {
  it('is nobody, then the one who took it, then nobody', () => {
    using folder = temporaryFolder()
    const path = folder.file('offbeat.db')
    expect(ownerOf(path)).toBeNull()
    {
      using _owner = acquireOwner(path, me)
      expect(ownerOf(path)).toEqual(me)
    }
    expect(ownerOf(path)).toBeNull()
  })

  it('is one, and the second is refused with its name', () => {
    using folder = temporaryFolder()
    using _owner = acquireOwner(folder.file('offbeat.db'), me)
    expect(() => acquireOwner(folder.file('offbeat.db'), { ...me, pid: 1 })).toThrow(
      /process 4711 on here since 2026-01-01T00:00:00.000Z \(offbeat run\)/,
    )
    expect(ownerOf(folder.file('offbeat.db'))).toEqual(me)
  })

  it('is the same by every link to the file', () => {
    using folder = temporaryFolder()
    writeFileSync(folder.file('real.db'), '')
    symlinkSync(folder.file('real.db'), folder.file('link.db'))
    using _owner = acquireOwner(folder.file('real.db'), me)
    expect(() => acquireOwner(folder.file('link.db'), me)).toThrow(/being written/)
  })

  it('in another process keeps this one out, and its death by kill -9 frees the store at once', async () => {
    using folder = temporaryFolder()
    const path = folder.file('offbeat.db')
    await using child = startChild(process.execPath, [CHILD, path])
    await child.output(/writing/)
    await expect(openStore(path)).rejects.toMatchObject({
      code: 'STORE_OWNED',
      details: { pid: child.pid, command: 'store-child' },
    })
    expect(ownerOf(path)?.pid).toBe(child.pid)
    child.kill('SIGKILL')
    await child.ended
    expect(ownerOf(path)).toBeNull()
    await using store = await openStore(path)
    expect(store.reader.owner()?.pid).toBe(process.pid)
  })
})
