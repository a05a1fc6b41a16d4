import { expect, test } from 'vitest'
import { safeWords } from './scheduler-facts.ts'

test('promise 12: the words of a job that failed are shown only where they name objects', () => {
  expect(safeWords('ERROR: permission denied for table streamkap_heartbeat')).toContain('streamkap_heartbeat')
  expect(safeWords('UPDATE 0')).toBe('UPDATE 0')
  const secret =
    'ERROR: duplicate key value violates unique constraint "k"\nDETAIL: Key (id)=(PlantedRowValue) already exists.'
  expect(safeWords(secret)).not.toContain('Planted')
  expect(safeWords('ERROR: invalid input syntax for type integer: "PlantedRowValue"')).not.toContain('Planted')
})
