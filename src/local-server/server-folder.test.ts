import { existsSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { makeServerFolder } from './server-folder.ts'

test('a folder is created where there is enough room', async () => {
  const folder = await makeServerFolder({ label: 'folder-test', user: null, neededBytes: 1 })
  expect(existsSync(folder)).toBe(true)
  rmdirSync(folder)
})

test('without enough room, each temporary folder is reported with what is free', async () => {
  const making = makeServerFolder({ label: 'folder-test', user: null, neededBytes: 2 ** 60 })
  await expect(making).rejects.toMatchObject({
    code: 'LOCAL_SERVER_FAILED',
    found: expect.stringMatching(/: [\d.]+ \S+ free; \/var\/tmp: [\d.]+ \S+ free$/u),
    expected: 'a folder that this user can reach with 1024 PB of room',
  })
  await expect(making).rejects.toMatchObject({ found: expect.stringContaining(`${tmpdir()}: `) })
})
