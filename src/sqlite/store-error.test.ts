import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { inShell } from '../model/fix.ts'
import { storeError } from './store-error.ts'

test('a damaged store is moved aside with the files beside it that are there', () => {
  using folder = temporaryFolder()
  const path = folder.file('s.db')
  for (const suffix of ['', '-wal']) writeFileSync(path + suffix, '')
  const thrown = Object.assign(new Error('malformed'), { errcode: 11 })
  expect(storeError(thrown, path)).toMatchObject({
    code: 'STORE_CORRUPT',
    fix: [
      inShell(`sqlite3 ${path} 'pragma integrity_check'`),
      inShell(`mv ${path} ${path}.damaged`),
      inShell(`mv ${path}-wal ${path}.damaged-wal`),
    ],
  })
})
