import { readFileSync, writeFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { statusJsonSchema } from '../../tools/status-json-schema.ts'
import { ask } from '../support/http-board.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { runningOffbeat } from '../support/running-offbeat.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

const ajv = new Ajv2020({ strict: false, validateFormats: false })
const isClosed = ajv.compile(statusJsonSchema('closed'))
const isOpen = ajv.compile(statusJsonSchema())

interface Status {
  readonly sources: readonly {
    readonly name: string
    readonly verdict: string
    readonly lost: unknown
    readonly counts: { readonly changes: number }
    readonly connector: { readonly running: boolean; readonly failed: string | null }
  }[]
  readonly starting?: readonly string[]
}

/** Fails where a field is missing, has another type, or is not described. */
function described(json: string): Status {
  const document: Status & Record<string, unknown> = JSON.parse(json)
  expect(isClosed(document), JSON.stringify(isClosed.errors)).toBe(true)
  expect(isOpen(document), JSON.stringify(isOpen.errors)).toBe(true)
  return document
}

async function status(shop: Shop): Promise<Status> {
  return described((await runOffbeat(['status', '--json'], { cwd: shop.folder.path })).stdout)
}

function configure(shop: Shop, sources: Readonly<Record<string, object>> = {}): void {
  const own = { kind: 'postgresql', url: shop.url, slot: shop.slot, heartbeat: { interval: '1s' } }
  const server = { listen: '127.0.0.1:0' }
  const config = { sources: { shop: own, ...sources }, server, sink: { kind: 'sqlite', path: 'offbeat.db' } }
  writeFileSync(shop.folder.file('offbeat.yaml'), JSON.stringify(config), { mode: 0o600 })
}

test('schema/status.schema.json is what the code says (npm run docs)', () => {
  const file = new URL('../../schema/status.schema.json', import.meta.url)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(statusJsonSchema())))
})

test('the schema fits a source before its start, while it runs, over HTTP, stopped, and lost', async () => {
  await using shop = await openShop(await sharedPostgresql())
  configure(shop)
  expect(await status(shop)).toMatchObject({ sources: [{ verdict: 'stopped', lost: null }] })
  {
    await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
    const url = (await running.output(/answers over HTTP at (http:[^",]+)/u))[1] ?? ''
    await running.output(/slot .*was created/u)
    await shop.sql("INSERT INTO orders VALUES (1, 'tea', 1)")
    await waitFor({ until: 'the change is counted' }, async () => (await status(shop)).sources[0]?.counts.changes === 1)
    expect(described((await ask(`${url}/api/status`)).body)).toMatchObject({ starting: [] })
    await using holder = await shop.server.connect(shop.database)
    await holder.query("BEGIN; INSERT INTO orders VALUES (2, 'held', 1)")
    running.stop()
    await running.ended
    expect(await status(shop)).toMatchObject({ sources: [{ verdict: 'stopped', connector: { running: false } }] })
  }
  await shop.server.dropSlots(shop.database)
  const lost = await status(shop)
  expect(lost).toMatchObject({ sources: [{ verdict: 'lost', lost: { choices: expect.any(Array) } }] })
  const [source] = lost.sources
  expect(isClosed({ ...lost, sources: [{ ...source, unheard: 1 }] })).toBe(false)
  expect(isOpen({ ...lost, sources: [{ ...source, unheard: 1 }] })).toBe(true)
  expect(isOpen({ ...lost, sources: [{ ...source, verdict: 'fine' }] })).toBe(false)
})

test('the schema fits two sources of which one failed for good, and a database that cannot be reached', async () => {
  await using shop = await openShop(await sharedPostgresql())
  const wrong = { kind: 'postgresql', url: shop.url, slot: `${shop.slot}_wrong`, publication: 'nowhere' }
  configure(shop, { wrong })
  {
    await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
    await running.output(/slot .*was created/u)
    const two = await waitFor({ until: 'the failure is reported' }, async () => {
      const now = await status(shop)
      return now.sources.some(({ connector }) => connector.failed !== null) ? now : null
    })
    expect(two.sources.map(({ name, connector }) => [name, connector.running])).toEqual([
      ['shop', true],
      ['wrong', false],
    ])
    running.stop()
    await running.ended
  }
  configure(shop, { away: { ...wrong, url: 'postgresql://u:p@127.0.0.1:1/shop' } })
  expect(await status(shop)).toMatchObject({ sources: [{ name: 'shop' }, { name: 'away', verdict: 'stopped' }] })
})
