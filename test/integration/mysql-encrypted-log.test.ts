import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Offset } from '../../src/model/offset.ts'
import { openProbe } from '../../src/sources/mysql/inspect/probe.ts'
import { openReader } from '../../src/sources/mysql/read/reader.ts'
import { examineNow, healthyMysql } from '../support/broken-mysql.ts'
import { encryptionMissing, startEncryptedMysql } from '../support/encrypted-mysql.ts'
import { mysqlMissing } from '../support/mysql.ts'
import { BOTH_PRODUCTS } from '../support/mysql-versions.ts'
import { watchedMysql } from '../support/mysql-watched.ts'
import { Reading, readingContext } from '../support/reading.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

describe.each(BOTH_PRODUCTS)('an encrypted log of %s', (version) => {
  test.skipIf(mysqlMissing(version) !== null || encryptionMissing(version) !== null)(
    'is read, resumed in an earlier file, inspected and examined like any other',
    async () => {
      using folder = temporaryFolder()
      await using server = await startEncryptedMysql(version, folder)
      const watched = await watchedMysql(server)
      const examined = await healthyMysql(watched)
      const { config } = examined
      const read = async (from: Offset | 'now') => new Reading(await openReader(config, readingContext), from, 'none')

      await using first = await read('now')
      await first.firstOffset()
      await watched.query("INSERT INTO item VALUES (1, 'planted-note')")
      await watched.query('FLUSH BINARY LOGS')
      await watched.query("INSERT INTO item VALUES (2, 'planted-note')")
      await first.until('both rows', () => first.ids.length >= 2)
      await first[Symbol.asyncDispose]()

      const offset = first.commits[0]?.offset ?? null
      await using second = await read(offset ?? 'now')
      await second.until('the second row', () => second.ids.length >= 1)
      expect(second.ids).toEqual([2])
      await second[Symbol.asyncDispose]()
      const files = (await server.query('', 'SHOW BINARY LOGS')).map((row) => String(row['Log_name']))
      const onDisk = files.map((file) => readFileSync(join(server.dataDir, file), 'latin1')).join('')
      expect(onDisk.length).toBeGreaterThan(1000)
      expect(onDisk).not.toContain('planted-note')

      await using probe = await openProbe(config, readingContext)
      const state = await probe.inspect(() => offset, new AbortController().signal)
      expect(state.resume).toMatchObject({ can: 'yes' })
      // The server notices late that a reader is gone.
      const findings = await waitFor({ until: 'no check fails' }, async () => {
        const all = await examineNow(examined)
        return all.some(({ status }) => status === 'fail') ? null : all
      })
      expect(findings.filter(({ status }) => status === 'ok').length).toBeGreaterThan(10)
    },
  )
})
