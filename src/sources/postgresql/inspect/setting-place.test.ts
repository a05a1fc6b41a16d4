import { expect, it } from 'vitest'
import { setForServer } from './setting-place.ts'

it('a setting of the server is changed by ALTER SYSTEM where that counts, and described in words where it does not', () => {
  const server = { commandLine: ['port', 'wal_level'], alterSystem: true }
  expect(setForServer(server, 'max_wal_senders', '20')).toBe('ALTER SYSTEM SET max_wal_senders = 20')
  expect(setForServer(server, 'wal_level', 'logical')).toMatch(
    /^# set wal_level = logical where the server is started/u,
  )
  expect(setForServer({ ...server, alterSystem: false }, 'max_wal_senders', '20')).toMatch(/^# .*allow_alter_system/u)
})
