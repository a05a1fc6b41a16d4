import { expect, test } from 'vitest'
import { rowOfCommand, safeWords } from './job-command.ts'

test.each([
  ['UPDATE streamkap.streamkap_heartbeat SET last_update = NOW() WHERE id = 1', { id: '1' }],
  ['update streamkap.streamkap_heartbeat set last_update=now(), text=$$x$$ where id=2;', { id: '2' }],
  ['UPDATE streamkap.streamkap_heartbeat SET last_update = NOW()', 'no update'],
  ['INSERT INTO streamkap.streamkap_heartbeat (text) SELECT 1', 'no update'],
  ['SELECT streamkap.touch(1)', null],
])('%s', (command, row) => {
  expect(rowOfCommand(command)).toEqual(row)
})

test('promise 12: the words of a job that failed are shown only where they name objects', () => {
  expect(safeWords('ERROR: permission denied for table streamkap_heartbeat')).toContain('streamkap_heartbeat')
  expect(safeWords('UPDATE 0')).toBe('UPDATE 0')
  const secret =
    'ERROR: duplicate key value violates unique constraint "k"\nDETAIL: Key (id)=(PlantedRowValue) already exists.'
  expect(safeWords(secret)).not.toContain('Planted')
  expect(safeWords('ERROR: invalid input syntax for type integer: "PlantedRowValue"')).not.toContain('Planted')
})
