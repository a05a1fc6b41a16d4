import { expect, test } from 'vitest'
import { NO_SIGNS } from '../../test/support/broken-server.ts'
import { readingContext } from '../../test/support/reading.ts'
import type { Checkup } from '../sources/check.ts'
import { postgresqlConfig } from '../sources/postgresql/config.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import { examine } from './examination.ts'

const config = postgresqlConfig.parse({ kind: 'postgresql', url: 'postgresql://u@db.example/shop' })

/** A database that answers nothing, whose examination ends with the signal. */
const SILENT: Checkup<SourceConfig> = {
  checks: [],
  examine: (_config, _context, signal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    }),
}

test('a database that takes too long is a finding, as one that cannot be reached is; a wish to stop is none', async () => {
  const context = { ...readingContext, signs: NO_SIGNS, atRiskMs: 0, storedOffset: () => null }
  const found = await examine(SILENT, config, context, new AbortController().signal, 20)
  expect(found.error?.code).toBe('INSPECTION_TIMED_OUT')
  expect(found.findings[0]).toMatchObject({ id: 'postgresql.connection', status: 'fail', code: 'INSPECTION_TIMED_OUT' })
  const stop = new AbortController()
  const stopped = examine(SILENT, config, context, stop.signal)
  stop.abort(new Error('stop'))
  await expect(stopped).rejects.toThrow('stop')
})
