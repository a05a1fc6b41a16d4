import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { startOffbeat } from '../support/child.ts'
import { deliveredKeys } from '../support/delivered-keys.ts'
import { proven } from '../support/fault.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { startReplacingProxy } from '../support/replacing-proxy.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

const offbeat = (shop: Shop, ...args: string[]) => runOffbeat(args, { cwd: shop.folder.path })

async function run(shop: Shop): Promise<void> {
  const { code, stderr } = await offbeat(shop, 'run', '--until', 'head', '--quiet')
  expect(code, stderr).toBe(0)
}

describe.skipIf(postgresqlMissing(14) !== null).each(OLD_AND_NEW)('recovery, PostgreSQL %d', (version) => {
  test.runIf(version === 18)(
    'promise 2: a transaction that cannot be decoded is skipped alone, its bytes saved first; all else comes once',
    async (context) => {
      // What a database of the encoding SQL_ASCII holds need not be text in UTF-8: nothing can be made of it.
      await using shop = await openShop(await sharedPostgresql(version), { encoding: 'SQL_ASCII' })
      await run(shop)
      await shop.sql("INSERT INTO orders VALUES (1, 'before', 1)")
      await shop.sql(
        "BEGIN; INSERT INTO orders VALUES (2, 'ok', 2); INSERT INTO orders VALUES (3, E'planted\\xFF', 3); INSERT INTO orders VALUES (4, 'ok', 4); COMMIT",
      )
      await shop.sql("INSERT INTO orders VALUES (5, 'after', 5)")
      await shop.sql("INSERT INTO orders VALUES (6, E'planted\\xFE', 6)")
      await shop.sql("INSERT INTO orders VALUES (7, 'last', 7)")

      const stopped = await offbeat(shop, 'run', '--until', 'head')
      expect(stopped.code, stopped.stderr).toBe(2)
      const [command = '', id = ''] = /offbeat offsets skip shop --transaction (\d+)/u.exec(stopped.stderr) ?? []
      expect(command).not.toBe('')
      expect(stopped.stderr).toContain('public.orders')
      expect(stopped.stderr).not.toContain('planted')
      expect(deliveredKeys(shop)).toEqual(['{"id":1}'])

      const other = await offbeat(shop, 'offsets', 'skip', 'shop', '--transaction', String(Number(id) + 1), '--yes')
      expect(other.code).toBe(2)
      expect(other.stderr).toContain('SKIP_REFUSED')
      expect(other.stderr).toContain(`the next one that cannot be delivered is ${id}`)

      const unasked = await offbeat(shop, 'offsets', 'skip', 'shop', '--transaction', id)
      expect(unasked.stderr).toContain('CONFIRMATION_NEEDED')
      const file = /saved in (\S+\.jsonl)/u.exec(unasked.stderr.replaceAll(/\s+/gu, ' '))?.[1] ?? ''
      expect(existsSync(file)).toBe(false)

      const skipped = await offbeat(shop, 'offsets', 'skip', 'shop', '--transaction', id, '--yes')
      expect(skipped.code, skipped.stderr).toBe(0)
      expect(skipped.stderr.replaceAll(/\s+/gu, ' ')).toContain('public.orders c 3')
      expect(skipped.stdout).toContain(file)
      expect(statSync(file).mode & 0o777).toBe(0o600)
      const [head = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n')
      expect(JSON.parse(head)).toMatchObject({ version: 1, transaction: id, source: 'shop', kind: 'postgresql' })
      const bytes = lines.slice(0, -1).map((line) => Buffer.from(JSON.parse(line).message, 'base64'))
      expect(bytes.map((message) => String.fromCharCode(message[0] ?? 0)).join('')).toMatch(/^BR?III?C$/u)
      expect(Buffer.concat(bytes).includes(Buffer.from('planted\xff', 'latin1'))).toBe(true)
      const show = await offbeat(shop, 'offsets', 'show', 'shop', '--json')
      expect(JSON.parse(show.stdout).ledger[0]).toMatchObject({ by: 'operator', why: expect.stringContaining(file) })

      const second = await offbeat(shop, 'run', '--until', 'head', '--quiet')
      expect(second.code).toBe(2)
      expect(deliveredKeys(shop)).toEqual(['{"id":1}', '{"id":5}'])
      const next = /--transaction (\d+)/u.exec(second.stderr)?.[1] ?? ''
      expect((await offbeat(shop, 'offsets', 'skip', 'shop', '--transaction', next, '--yes')).code).toBe(0)
      await run(shop)
      expect(deliveredKeys(shop)).toEqual(['{"id":1}', '{"id":5}', '{"id":7}'])
      const nothing = await offbeat(shop, 'offsets', 'skip', 'shop', '--transaction', next, '--yes')
      expect(nothing.stderr).toContain('every transaction up to the end of the log')
      proven(context, {
        fault: 'a transaction that cannot be decoded',
        verdict: null,
        result:
          'the connector stops at it; only this one is skipped on request, its bytes saved first; everything else is delivered once',
      })
    },
  )

  test.runIf(version === 18)(
    'promise 12: a password that is changed in its file is used without a restart; the stream goes on',
    async (context) => {
      await using shop = await openShop(await sharedPostgresql(version))
      const role = `rotating_${shop.slot}`.slice(0, 60)
      await shop.sql(`CREATE ROLE ${role} LOGIN REPLICATION SUPERUSER PASSWORD 'planted1'`)
      const { host, port } = shop.server
      writeFileSync(shop.folder.file('password'), 'planted1\n')
      shop.configure({ url: `postgresql://${role}@${host}:${port}/${shop.database}`, passwordFile: 'password' })
      await using running = startOffbeat(['run'], { cwd: shop.folder.path })
      await running.output(/slot .*was created/u)
      await shop.sql(`ALTER ROLE ${role} PASSWORD 'planted2'`)
      await shop.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`)
      await running.output(/DATABASE_PASSWORD_FILE_WRONG.*trying again/u)
      const refused = await offbeat(shop, 'offsets', 'skip', 'shop', '--transaction', '1', '--yes')
      expect(refused.stderr).toContain('STORE_OWNED')
      writeFileSync(shop.folder.file('password'), 'planted2\n')
      await shop.sql("INSERT INTO orders VALUES (1, 'a', 1)")
      await waitFor({ until: 'the row' }, () => deliveredKeys(shop).length === 1)
      running.kill('SIGTERM')
      const { code, stderr } = await running.ended
      expect(code).toBe(0)
      expect(stderr).not.toContain('planted')
      await shop.sql(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`)
      proven(context, {
        fault: 'the password changed on the server and in its file',
        verdict: null,
        result: 'used without a restart',
      })
    },
  )

  test.runIf(version === 18)(
    'promise 2: bytes damaged on the way are refused with the transaction named, and what came before is stored',
    async () => {
      await using shop = await openShop(await sharedPostgresql(version))
      const { host, port } = shop.server
      await run(shop)
      await shop.sql("INSERT INTO orders VALUES (1, 'before', 1)")
      await shop.sql("INSERT INTO orders VALUES (2, 'XXXXXXXX', 2)")
      await shop.sql("INSERT INTO orders VALUES (3, 'after', 3)")
      // The length before the text.
      const wrong = { what: Buffer.from('t\0\0\0\bXXXXXXXX'), by: Buffer.from('t\x7f\0\0\bXXXXXXXX') }
      await using proxy = await startReplacingProxy({ host, port }, wrong.what, wrong.by)
      const url = new URL(shop.url)
      url.port = String(proxy.port)
      shop.configure({ url: url.href })
      const stopped = await offbeat(shop, 'run', '--until', 'head', '--quiet')
      expect(stopped.code, stopped.stderr).toBe(70)
      expect(stopped.stderr).toContain('POSTGRES_PROTOCOL_INVALID')
      expect(deliveredKeys(shop)).toEqual(['{"id":1}'])
      const id = /--transaction (\d+)/u.exec(stopped.stderr)?.[1] ?? ''
      const skipped = await offbeat(
        shop,
        'offsets',
        'skip',
        'shop',
        '--transaction',
        id,
        '--yes',
        '--save',
        'raw.jsonl',
      )
      expect(skipped.code, skipped.stderr).toBe(0)
      const kinds = readFileSync(shop.folder.file('raw.jsonl'), 'utf8').trimEnd().split('\n').slice(1, -1)
      expect(
        kinds.map((line) => Buffer.from(JSON.parse(line).message, 'base64').toString('latin1', 0, 1)).join(''),
      ).toMatch(/^BR?IC$/u)
      await run(shop)
      expect(deliveredKeys(shop)).toEqual(['{"id":1}', '{"id":3}'])
    },
  )

  test.runIf(version === 18)(
    'promise 4: an offset exported is imported where it can be opened; one behind the slot and one of another server are refused',
    async () => {
      await using shop = await openShop(await sharedPostgresql(version))
      await run(shop)
      expect((await offbeat(shop, 'offsets', 'export', '--file', 'old.json')).code).toBe(0)
      await shop.sql("INSERT INTO orders VALUES (1, 'a', 1)")
      await run(shop)
      expect((await offbeat(shop, 'offsets', 'export', 'shop', '--file', 'new.json')).code).toBe(0)
      const positionIn = (name: string): unknown =>
        JSON.parse(readFileSync(shop.folder.file(name), 'utf8')).offsets[0].offset.position
      const [old, now] = [positionIn('old.json'), positionIn('new.json')]

      const lost = await offbeat(shop, 'offsets', 'import', '--file', 'old.json', '--yes')
      expect(lost.code).toBe(3)
      expect(lost.stderr).toContain('POSTGRES_SLOT_AHEAD')
      expect(lost.stderr).toContain('What you can do: one of these')

      expect((await offbeat(shop, 'offsets', 'reset', 'shop', '--yes')).code).toBe(0)
      const imported = await offbeat(shop, 'offsets', 'import', '--file', 'new.json')
      expect(imported.code, imported.stderr).toBe(0)
      const again = await offbeat(shop, 'offsets', 'export')
      expect(JSON.parse(again.stdout).offsets[0].offset).toMatchObject({
        position: now,
        server: { timeline: '1' },
        movedBy: 'operator',
        why: expect.stringContaining('new.json'),
      })
      await shop.sql("INSERT INTO orders VALUES (2, 'b', 2)")
      await run(shop)
      expect(deliveredKeys(shop)).toEqual(['{"id":1}', '{"id":2}'])
      expect(old).not.toBe(now)

      await using other = await openShop(await sharedPostgresql(version === 18 ? 14 : 18))
      other.configure({ slot: shop.slot })
      const elsewhere = await runOffbeat(['offsets', 'import', '--file', shop.folder.file('new.json'), '--yes'], {
        cwd: other.folder.path,
      })
      expect(elsewhere.code).toBe(3)
      expect(elsewhere.stderr).toContain('DATABASE_OTHER_SERVER')
    },
  )

  test('promise 4: where the slot stands behind both, an offset is imported backwards and forwards only when agreed to, with what comes again or never', async () => {
    await using shop = await openShop(await sharedPostgresql(version))
    await run(shop)
    await shop.sql(`SELECT pg_copy_logical_replication_slot('${shop.slot}', '${shop.slot}_o')`)
    expect((await offbeat(shop, 'offsets', 'export', '--file', 'old.json')).code).toBe(0)
    await shop.sql("INSERT INTO orders VALUES (1, 'a', 1)")
    await run(shop)
    expect((await offbeat(shop, 'offsets', 'export', '--file', 'new.json')).code).toBe(0)
    await shop.sql(`SELECT pg_drop_replication_slot('${shop.slot}')`)
    await shop.sql(`SELECT pg_copy_logical_replication_slot('${shop.slot}_o', '${shop.slot}')`)
    const position = async () =>
      JSON.parse((await offbeat(shop, 'offsets', 'export')).stdout).offsets[0].offset.position
    const ways = [
      ['old.json', 'it is before the stored one', 'are delivered AGAIN'],
      ['new.json', 'it is after the stored one', 'are NEVER delivered'],
      ['old.json', 'it is before the stored one', 'are delivered AGAIN'],
    ] as const
    for (const [file, order, cost] of ways) {
      const before = await position()
      const asked = await offbeat(shop, 'offsets', 'import', '--file', file)
      expect(asked.code).not.toBe(0)
      expect(asked.stderr).toContain('CONFIRMATION_NEEDED')
      for (const words of [order, cost]) expect(asked.stderr.replaceAll(/\s+/gu, ' ')).toContain(words)
      expect(await position()).toBe(before)
      expect((await offbeat(shop, 'offsets', 'import', '--file', file, '--yes')).code).toBe(0)
      expect(await position()).not.toBe(before)
    }
    await run(shop)
    expect(deliveredKeys(shop)).toEqual(['{"id":1}', '{"id":1}'])
  })

  test('promise 9: a lost slot is reported with what is missing; a copy of an older slot loses nothing', async () => {
    await using shop = await openShop(await sharedPostgresql(version))
    await run(shop)
    await shop.sql(`SELECT pg_copy_logical_replication_slot('${shop.slot}', '${shop.slot}_o')`)
    await shop.sql("INSERT INTO orders VALUES (1, 'a', 1)")
    await run(shop)
    await shop.sql(`SELECT pg_drop_replication_slot('${shop.slot}')`)
    await shop.sql("INSERT INTO orders VALUES (2, 'b', 2)")
    for (const args of [['run', '--quiet'], ['status'], ['offsets', 'show', 'shop']]) {
      const { code, stdout, stderr } = await offbeat(shop, ...args)
      expect(code).toBe(3)
      const screen = stdout + stderr
      for (const part of [
        'Evidence',
        'What is missing',
        'What you can do: one of these',
        'does not exist',
        'cost: nothing is lost',
      ])
        expect(screen).toContain(part)
      expect(screen.split('\n').map((line) => line.trim())).toContain('run:  offbeat offsets reset shop')
    }
    const { stdout } = await offbeat(shop, 'offsets', 'show', 'shop', '--json')
    const { lost } = JSON.parse(stdout)
    expect(lost.missing.bytes).toBeGreaterThan(0)
    expect(JSON.parse((await offbeat(shop, 'status', '--json')).stdout).sources[0].lost.missing.from).toBe(
      lost.missing.from,
    )
    const statements = lost.choices[0].run.filter((step: { in: string }) => step.in === 'database')
    for (const { text } of statements) await shop.sql(text)
    await run(shop)
    expect(deliveredKeys(shop)).toEqual(['{"id":1}', '{"id":2}'])
  })
})
