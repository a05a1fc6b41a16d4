import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { mysqlMissing, sharedMysql, startMysql } from '../support/mysql.ts'
import { openPreparedShop, type PreparedMysqlShop } from '../support/mysql-prepared-shop.ts'
import { purgeAll } from '../support/mysql-purge.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { waitFor } from '../support/wait-for.ts'

for (const version of BOTH_PRODUCTS) {
  describe.skipIf(mysqlMissing(version) !== null)(version, () => {
    const { product } = mysqlServerKind(version)
    const gtidForm = product === 'mysql' ? /^[0-9a-f-]{36}:\d/u : /^\d+-\d+-\d+/u
    const open = async () => await openPreparedShop(await sharedMysql(version))

    test('run delivers with the source block, status reports, beat comes back, and a stop is clean', async () => {
      await using shop = await open()
      await shop.runToHead()
      await using running = shop.start('run')
      await running.output(/"msg":"layer 2: updates hb_.*every 500ms"/u)
      expect(running.stderr()).toContain(`reads ${shop.name}.item of ${product}`)
      await shop.query("INSERT INTO item VALUES (1, 'tea'); UPDATE item SET note = NULL; DELETE FROM item")
      const messages = await waitFor({ until: 'three changes are delivered' }, async () => {
        const all = await shop.messages()
        return all.length === 3 ? all : null
      })
      expect(messages.map(({ key, value: { op, before, after } }) => ({ key, op, before, after }))).toEqual([
        { key: { id: 1 }, op: 'c', before: null, after: { id: 1, note: 'tea' } },
        { key: { id: 1 }, op: 'u', before: { id: 1, note: 'tea' }, after: { id: 1, note: null } },
        { key: { id: 1 }, op: 'd', before: { id: 1, note: null }, after: null },
      ])
      const [first] = messages
      expect(first?.topic).toBe(shop.topic)
      expect(first?.value.source).toMatchObject({
        connector: product,
        name: 'shop',
        db: shop.name,
        schema: null,
        table: 'item',
        gtid: expect.stringMatching(gtidForm),
        file: expect.stringMatching(/^binlog\.\d{6}$/u),
        pos: expect.any(Number),
        row: 0,
      })
      expect(first?.value.source['txId']).toBe(first?.value.source['gtid'])
      const beat = await shop.offbeat('beat', 'shop', '--wait', '--json')
      expect(beat, beat.stderr).toMatchObject({ code: 0 })
      expect(JSON.parse(beat.stdout)).toMatchObject({ broken: null })
      const { stdout } = await shop.offbeat('status', '--json')
      expect(JSON.parse(stdout)).toMatchObject({
        sources: [
          {
            kind: product,
            verdict: expect.stringMatching(/^(flowing|idle|at risk)$/u),
            offset: { position: expect.stringMatching(gtidForm) },
            heartbeat: { source: { mode: 'table', broken: null } },
            tables: { unmatched: [], notPublishedCount: 0 },
          },
        ],
      })
      running.stop()
      expect(await running.ended).toMatchObject({ code: 0 })
      expect(running.stderr()).toContain('"msg":"stopped"')
      const history = await shop.offbeat('history', 'shop', '--json')
      expect(history.stdout).toContain('"acknowledgedAt":"')
    })

    test('offsets set takes GTIDs, or a file and an offset, and reads exactly what follows', async () => {
      await using shop = await open()
      await shop.runToHead()
      await shop.query('INSERT INTO item (id) VALUES (1)')
      const positions = await endOfLog(shop)
      await shop.query('INSERT INTO item (id) VALUES (2)')
      await shop.runToHead()
      for (const position of positions) {
        const set = await shop.offbeat('offsets', 'set', 'shop', position, '--yes', '--json')
        expect(set, set.stderr).toMatchObject({ code: 0 })
        expect(JSON.parse(set.stdout)).toMatchObject({ offset: { position, movedBy: 'operator' } })
        const before = (await shop.messages()).length
        await shop.runToHead()
        const again = (await shop.messages()).slice(before)
        expect(
          again.map(({ key }) => key),
          position,
        ).toEqual([{ id: 2 }])
      }
      const [, first] = await shop.messages()
      const { file, pos } = first?.value.source ?? {}
      for (const inside of [Number(pos), Number(pos) + 1]) {
        const refused = await shop.offbeat('offsets', 'set', 'shop', `${String(file)}:${inside}`, '--yes')
        expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('no transaction ends at') })
      }
      for (const wrong of [
        'nonsense',
        '0/16B3748',
        'binlog.000001',
        product === 'mysql' ? '0-1-2' : `${'0'.repeat(8)}:1-2`,
      ]) {
        const refused = await shop.offbeat('offsets', 'set', 'shop', wrong, '--yes')
        expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('POSITION_INVALID') })
      }
    })

    test('an exported offset goes on in another folder', async () => {
      await using shop = await open()
      await shop.runToHead()
      const exported = await shop.offbeat('offsets', 'export')
      await shop.query('INSERT INTO item (id) VALUES (7)')
      await using copy = await open()
      writeFileSync(copy.folder.file('offsets.json'), exported.stdout)
      writeFileSync(copy.folder.file('offbeat.yaml'), readFileSync(shop.folder.file('offbeat.yaml')), { mode: 0o600 })
      const imported = await copy.offbeat('offsets', 'import', '--file', 'offsets.json', '--yes')
      expect(imported, imported.stderr).toMatchObject({ code: 0 })
      await copy.runToHead()
      const { stdout } = await copy.offbeat(
        'tail',
        'shop',
        '--topic',
        shop.topic,
        '--since',
        '1h',
        '--idle-exit',
        '0ms',
      )
      expect(stdout).toContain('{"id":7}')
    })

    test('a purged log: status and run end with 3 and print the choices, and after a reset it goes on', async () => {
      await using shop = await openPreparedShop(await startMysql({ version }))
      await shop.runToHead()
      await shop.query('INSERT INTO item (id) VALUES (1)')
      await purgeAll(shop.server)
      const status = await shop.offbeat('status')
      expect(status).toMatchObject({ code: 3, stdout: expect.stringContaining('shop  lost') })
      const run = await shop.offbeat('run', '--until', 'head', '--quiet')
      expect(run).toMatchObject({ code: 3, stderr: expect.stringContaining('MYSQL_LOG_PURGED') })
      expect(run.stderr).toContain('offbeat offsets reset shop')
      expect(await shop.offbeat('offsets', 'reset', 'shop', '--yes')).toMatchObject({ code: 0 })
      await shop.runToHead()
      await shop.query('INSERT INTO item (id) VALUES (2)')
      await shop.runToHead()
      expect((await shop.messages()).map(({ key }) => key)).toEqual([{ id: 2 }])
    })

    test('a server that is killed and comes back: it goes on by itself, with each row once', async () => {
      await using shop = await openPreparedShop(await startMysql({ version }))
      await shop.runToHead()
      await using running = shop.start('run')
      await running.output(/layer 2: updates/u)
      await shop.query('INSERT INTO item (id) VALUES (1)')
      await waitFor({ until: 'the first row' }, async () => (await shop.messages()).length === 1)
      await shop.server.kill()
      await running.output(/trying again in/u)
      await shop.server.start()
      await shop.query('INSERT INTO item (id) VALUES (2)')
      await waitFor({ until: 'the second row' }, async () => (await shop.messages()).length === 2)
      await running.output(/streaming again after/u)
      running.stop()
      expect(await running.ended).toMatchObject({ code: 0 })
      expect((await shop.messages()).map(({ key }) => key)).toEqual([{ id: 1 }, { id: 2 }])
    })
  })
}

/** As GTIDs, and as a file and an offset. */
async function endOfLog({ server, query }: PreparedMysqlShop): Promise<readonly [string, string]> {
  const isMysql = server.product === 'mysql'
  const [ids] = await query(`SELECT ${isMysql ? '@@GLOBAL.gtid_executed' : '@@GLOBAL.gtid_binlog_pos'} AS ids`)
  const [end] = await query(isMysql ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS')
  return [String(ids?.['ids']).replaceAll('\n', ''), `${String(end?.['File'])}:${String(end?.['Position'])}`]
}
