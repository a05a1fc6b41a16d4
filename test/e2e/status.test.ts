import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startOffbeat } from '../support/child.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { expectNothingPlanted, PLANTED_ROW } from '../support/planted.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { startReplacingProxy } from '../support/replacing-proxy.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

interface PrintedStatus {
  readonly sources: readonly {
    readonly name: string
    readonly verdict: string
    readonly blockers: readonly { readonly name: string; readonly details: { readonly query?: string } }[]
  }[]
}

async function status(shop: Shop, ...args: readonly string[]): Promise<PrintedStatus> {
  const { stdout, stderr } = await runOffbeat(['status', '--json', ...args], { cwd: shop.folder.path })
  expectNothingPlanted(stdout + stderr, 'status')
  return JSON.parse(stdout) as PrintedStatus
}

/** The configuration as it is, with these sources beside or over `shop`. */
function configure(shop: Shop, url: string, server: unknown, more: Readonly<Record<string, unknown>> = {}): void {
  const entry = { kind: 'postgresql', url, slot: shop.slot, heartbeat: { interval: '1s' } }
  const sources = { shop: entry, ...more }
  writeFileSync(shop.folder.file('offbeat.yaml'), JSON.stringify({ sources, server, sink: { kind: 'sqlite' } }))
}

test.each([
  ['that answers over HTTP', { listen: '127.0.0.1:0' }],
  ['without HTTP', 'off'],
])(
  '--queries tells the statement of whoever holds the log, beside a connector %s and without one',
  async (_name, http) => {
    await using shop = await openShop(await sharedPostgresql())
    // Any transaction that wrote counts as an old one.
    const [minutes, none] = ['- 300000 * interval', '- 000000 * interval'].map((text) => Buffer.from(text))
    await using proxy = await startReplacingProxy(shop.server, minutes ?? Buffer.of(), none ?? Buffer.of(), 'client')
    const url = new URL(shop.url)
    url.port = String(proxy.port)
    configure(shop, url.href, http)
    await using holder = await shop.server.connect(shop.database)
    const running = startOffbeat(['run'], { cwd: shop.folder.path })
    try {
      await running.output(/slot .*was created/u)
      await holder.query(`BEGIN; INSERT INTO orders VALUES (1, '${PLANTED_ROW}', 1)`)
      const [row] = await holder.query('SELECT pg_backend_pid() AS pid')
      await holder.query(`UPDATE orders SET what = '${PLANTED_ROW}'`)
      const ofHolder = async (...args: readonly string[]) => {
        const printed = await status(shop, ...args)
        return printed.sources[0]?.blockers.find(({ name }) => name === `process ${String(row?.['pid'])}`)
      }
      await waitFor({ until: 'the connector itself reports who holds the log' }, async () => {
        const { stdout } = await runOffbeat(['status'], { cwd: shop.folder.path })
        return stdout.includes(`running in process ${running.pid}`) && (await ofHolder())
      })
      expect((await ofHolder())?.details.query).toBeUndefined()
      expect((await ofHolder('--queries'))?.details.query).toBe('UPDATE orders SET what')
      running.kill('SIGTERM')
      await running.ended
      expect((await ofHolder())?.details.query).toBeUndefined()
      expect((await ofHolder('--queries'))?.details.query).toBe('UPDATE orders SET what')
    } finally {
      await running[Symbol.asyncDispose]()
    }
  },
)
