import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { quoteAccount } from '../../src/sources/mysql/connect/quoting.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { openPreparedShop, type PreparedMysqlShop } from '../support/mysql-prepared-shop.ts'
import { startMysqlReplica } from '../support/mysql-replica.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { waitFor } from '../support/wait-for.ts'

interface PrintedCheck {
  readonly id: string
  readonly status: string
  readonly code: string | null
  readonly fix: readonly { readonly in: string; readonly text: string }[]
}

async function checks(shop: PreparedMysqlShop): Promise<ReadonlyMap<string, PrintedCheck>> {
  const { stdout } = await shop.offbeat('doctor', 'shop', '--json')
  const found: readonly PrintedCheck[] = JSON.parse(stdout).sources[0].checks
  return new Map(found.map((check) => [check.id, check]))
}

for (const version of BOTH_PRODUCTS) {
  const { product } = mysqlServerKind(version)

  describe.skipIf(mysqlMissing(version) !== null)(`a job outside the database, ${version}`, () => {
    test('is `offbeat beat`: it writes the row on the primary, and the replica that is read shows it', async () => {
      await using primary = await startMysql({ version })
      await using shop = await openPreparedShop(primary)
      const { heartbeatTable, user } = shop
      const [schema = ''] = heartbeatTable.split('.')
      await shop.query(`INSERT INTO ${heartbeatTable} (id, text) VALUES (1, 'test_heartbeat')`)
      if (product === 'mariadb') await shop.query(`GRANT SLAVE MONITOR ON *.* TO ${quoteAccount(user)}`)
      await using replica = await startMysqlReplica(primary, { version })
      await replica.catchUp()
      const job = (by: 'database' | 'external') => ({ interval: '1s', source: { schema, mode: 'job', by } })
      const to = new URL(String(shop.entry['url']))
      to.host = `${replica.host}:${replica.port}`
      const reading = { url: to.href, readOnly: true }
      const entry = { ...reading, primary: { host: primary.host, port: primary.port } }
      const words = async (...args: readonly string[]) => {
        const { code, stderr } = await shop.offbeat(...args)
        return { code, stderr: stderr.replaceAll(/\s+/gu, ' ') }
      }

      shop.configure({ ...entry, heartbeat: job('database') })
      expect(await words('beat', 'shop')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('heartbeat.source.by: external'),
      })
      shop.configure({ ...reading, heartbeat: job('external') })
      expect(await words('beat', 'shop')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('readOnly: true without primary'),
      })

      shop.configure({ ...entry, heartbeat: job('external') })
      expect((await shop.offbeat('setup', 'shop', '--json')).stdout).not.toMatch(/\bEVENT\b|event_scheduler/u)
      expect((await shop.offbeat('setup', 'shop', '--as', 'crontab')).stdout).toMatch(/^\* .* offbeat beat shop /mu)
      await shop.query(`UPDATE ${heartbeatTable} SET last_update = NOW() - INTERVAL 3 DAY`)
      await replica.catchUp()
      const still = (await checks(shop)).get(`${product}.heartbeat-moves`)
      expect(still).toMatchObject({ status: 'fail', code: 'HEARTBEAT_STILL' })
      expect(still?.fix).toContainEqual(expect.objectContaining({ in: 'shell', text: 'offbeat beat shop' }))

      await shop.runToHead()
      await using running = shop.start('run')
      await running.output(/"verdict":"\w+","from":null/u)
      const beat = await shop.offbeat('beat', 'shop', '--wait')
      expect(beat, beat.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('acknowledged after') })
      const [row] = await shop.query(`SELECT text FROM ${heartbeatTable}`)
      expect(row?.['text']).not.toBe('test_heartbeat')
      const seen = await checks(shop)
      expect(seen.get(`${product}.heartbeat-moves`)).toMatchObject({ status: 'ok' })
      expect([...seen.keys()].filter((id) => /job|scheduler/u.test(id))).toEqual([])
      // The job has stopped: what it runs is named.
      const broken = await waitFor({ until: 'its silence is reported' }, async () => {
        const { stdout } = await shop.offbeat('status', '--json')
        return JSON.parse(stdout).sources[0].heartbeat.source.broken ?? null
      })
      expect(broken).toMatchObject({ code: 'PULSE_JOB_SILENT' })
      expect(JSON.stringify(broken)).toContain('offbeat beat')
      running.stop()
      expect((await running.ended).code).toBe(0)
    })

    test('heartbeats of an event are in the metrics and in the history, with their round trips', async () => {
      await using shop = await openPreparedShop(await startMysql({ version, settings: { event_scheduler: 'ON' } }))
      const { heartbeatTable, user } = shop
      const [schema = ''] = heartbeatTable.split('.')
      const account = quoteAccount(user)
      await shop.query(
        `INSERT INTO ${heartbeatTable} (id, text) VALUES (1, 'test_heartbeat'); GRANT EVENT ON ${schema}.* TO ${account};
         CREATE DEFINER = ${account} EVENT ${heartbeatTable} ON SCHEDULE EVERY 1 SECOND DO
         UPDATE ${heartbeatTable} SET last_update = CURRENT_TIMESTAMP(6) WHERE id = 1`,
      )
      shop.configure({ readOnly: true, heartbeat: { interval: '1s', source: { schema, mode: 'job' } } })
      const file = shop.folder.file('offbeat.yaml')
      const config = JSON.parse(readFileSync(file, 'utf8'))
      writeFileSync(file, JSON.stringify({ ...config, server: { listen: '127.0.0.1:0' } }))
      await using running = shop.start('run')
      const [, api = ''] = await running.output(/"api":"([^"]+)"/u)
      const figureOf = (body: string, name: string) =>
        Number(new RegExp(`^${name}\\{source="shop"\\} (\\S+)$`, 'mu').exec(body)?.[1] ?? 0)
      const body = await waitFor({ until: 'two heartbeats are counted' }, async () => {
        const text = await (await fetch(`${api}/metrics`)).text()
        return figureOf(text, 'offbeat_pulse_round_trip_seconds_count') >= 2 ? text : null
      })
      expect(body).toContain('offbeat_pulse_broken{source="shop",hop="seen"} 0\n')
      expect(figureOf(body, 'offbeat_last_pulse_timestamp_seconds')).toBeGreaterThan(0)
      const { stdout } = await shop.offbeat('history', 'shop', '--json')
      const { pulses } = JSON.parse(stdout)
      expect(pulses.length).toBeGreaterThanOrEqual(2)
      for (const { writtenAt, seenAt } of pulses.slice(1)) {
        // The time of the commit in the log is that of the heartbeat.
        expect(Date.parse(seenAt) - Date.parse(writtenAt)).toBeGreaterThanOrEqual(0)
      }
      running.stop()
      expect((await running.ended).code).toBe(0)
    })
  })
}
