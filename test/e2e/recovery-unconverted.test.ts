import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { deliveredKeys } from '../support/delivered-keys.ts'
import { proven } from '../support/fault.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { openShop } from '../support/shop.ts'

// 0x81 and 0xA9A1 stand for no character of Unicode; 0xE9 and 0xA4A2 for é and あ.
const ENCODINGS = [
  { encoding: 'WIN1252', bad: String.raw`\x81`, good: String.raw`\xe9`, text: 'é' },
  { encoding: 'EUC_JP', bad: String.raw`\xa9\xa1`, good: String.raw`\xa4\xa2`, text: 'あ' },
] as const

describe.skipIf(postgresqlMissing(14) !== null).each(OLD_AND_NEW)('a text without UTF-8, PostgreSQL %d', (version) => {
  test.for(version === 18 ? ENCODINGS : ENCODINGS.slice(0, 1))(
    'promise 2: in a database of $encoding: the transaction is named, and skipped alone when asked',
    async (about, context) => {
      await using shop = await openShop(await sharedPostgresql(version), { encoding: about.encoding })
      const offbeat = (...args: string[]) => runOffbeat(args, { cwd: shop.folder.path })
      const run = async () => {
        const { code, stderr } = await offbeat('run', '--until', 'head', '--quiet')
        expect(code, stderr).toBe(0)
      }
      await run()
      await shop.sql(`INSERT INTO orders VALUES (1, E'${about.good}', 1)`)
      await shop.sql(
        `BEGIN; INSERT INTO orders VALUES (2, 'ok', 2); INSERT INTO orders VALUES (3, E'planted${about.bad}', 3); INSERT INTO orders VALUES (4, 'ok', 4); COMMIT`,
      )
      await shop.sql("INSERT INTO orders VALUES (5, 'after', 5)")

      const stopped = await offbeat('run', '--until', 'head')
      expect(stopped.code, stopped.stderr).toBe(2)
      expect(stopped.stderr).toContain('POSTGRES_TEXT_UNCONVERTED')
      expect(stopped.stderr).not.toContain('planted')
      const id = /offbeat offsets skip shop --transaction (\d+)/u.exec(stopped.stderr)?.[1] ?? ''
      expect(deliveredKeys(shop)).toEqual(['{"id":1}'])
      const tail = await offbeat(
        'tail',
        'shop',
        '--topic',
        'shop.public.orders',
        '--from',
        'beginning',
        '--limit',
        '1',
        '--json',
      )
      expect(JSON.parse(tail.stdout.split('\n')[0] ?? '').value.after.what).toBe(about.text)

      const skip = await offbeat('offsets', 'skip', 'shop', '--transaction', id, '--yes', '--save', 'raw.jsonl')
      expect(skip.code, skip.stderr).toBe(0)
      expect(skip.stderr.replaceAll(/\s+/gu, ' ')).toContain('public.orders c 3.')
      const lines = readFileSync(shop.folder.file('raw.jsonl'), 'utf8').trimEnd().split('\n')
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ transaction: id, source: 'shop' })
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ error: 'POSTGRES_TEXT_UNCONVERTED' })
      const bytes = lines.slice(1, -1).map((line) => Buffer.from(JSON.parse(line).message, 'base64'))
      expect(bytes.map((message) => String.fromCharCode(message[0] ?? 0)).join('')).toMatch(/^BRIIIC$/u)
      const planted = Buffer.concat([
        Buffer.from('planted'),
        Buffer.from(about.bad.replaceAll(String.raw`\x`, ''), 'hex'),
      ])
      expect(Buffer.concat(bytes).includes(planted)).toBe(true)

      await run()
      expect(deliveredKeys(shop)).toEqual(['{"id":1}', '{"id":5}'])
      proven(context, {
        fault: 'a text that the server cannot convert to UTF-8',
        verdict: null,
        result:
          'the connector stops at its transaction; only this one is skipped on request, its bytes saved first; everything else is delivered once',
      })
    },
  )
})
