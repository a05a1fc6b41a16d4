import { expect, it } from 'vitest'
import { forPerson, inDatabase } from '../../../model/fix.ts'
import { setForServer } from './setting-origin.ts'

it('a setting of the server is changed by ALTER SYSTEM where that counts, and described in words where it does not', () => {
  const server = { commandLine: ['port', 'wal_level'], alterSystem: true }
  expect(setForServer(server, 'max_wal_senders', '20')).toEqual(
    inDatabase('ALTER SYSTEM SET max_wal_senders = 20', 'a superuser'),
  )
  expect(setForServer(server, 'wal_level', 'logical')).toEqual(
    forPerson(expect.stringMatching(/^set wal_level = logical where the server is started/u)),
  )
  expect(setForServer({ ...server, alterSystem: false }, 'max_wal_senders', '20')).toEqual(
    forPerson(expect.stringMatching(/allow_alter_system/u)),
  )
})
