import { expect, test } from 'vitest'
import { rowOfCommand } from './job-command.ts'

test.each([
  ['UPDATE streamkap.streamkap_heartbeat SET last_update = NOW() WHERE id = 1', 'the row'],
  ['UPDATE `streamkap`.`streamkap_heartbeat` SET `last_update` = NOW() WHERE `id` = 1', 'the row'],
  ['UPDATE h SET last_update = SYSUTCDATETIME() WHERE [id] = 1', 'the row'],
  ['update streamkap.streamkap_heartbeat set last_update=now(), text=$$x$$ where id=2;', 'another row'],
  ['UPDATE streamkap.streamkap_heartbeat SET last_update = NOW()', 'no row'],
  ['UPDATE streamkap.streamkap_heartbeat SET last_update = NOW() -- WHERE id = 1', 'no row'],
  ['UPDATE streamkap.streamkap_heartbeat SET last_update = NOW() /* WHERE id = 1 */', 'no row'],
  ['UPDATE h SET last_update = NOW() WHERE uuid = 1', 'no row'],
  ['INSERT INTO streamkap.streamkap_heartbeat (text) SELECT 1', 'no row'],
  ['INSERT INTO h VALUES (1, NOW()) ON DUPLICATE KEY UPDATE last_update = NOW()', null],
  ['INSERT INTO h VALUES (1, NOW()) ON CONFLICT (id) DO UPDATE SET last_update = NOW()', null],
  ['SELECT streamkap.touch(1)', null],
] as const)('%s', (command, row) => {
  expect(rowOfCommand(command).row).toBe(row)
})

test('the other row is named', () => {
  expect(rowOfCommand('UPDATE h SET last_update = NOW() WHERE id = 2').rowInWords).toBe('updates the row with id = 2')
  expect(rowOfCommand('DELETE FROM h').rowInWords).toBe('does not update a row by its id')
})
