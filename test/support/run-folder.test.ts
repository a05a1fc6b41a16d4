import { rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { environment } from './environment.ts'
import { makeRunFolder } from './run-folder.ts'

test('TMPDIR says where a run has its files, however much memory there is, and every user can enter', () => {
  const folder = makeRunFolder('probe')
  try {
    expect(dirname(folder)).toBe(environment['TMPDIR'])
    expect(statSync(folder).mode & 0o777).toBe(0o755)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
