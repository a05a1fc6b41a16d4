import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type FakeMongodb, fakeMongodb } from '../support/mongodb-fake/fake-mongodb.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { runningOffbeat } from '../support/running-offbeat.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const WRITES = new Set(['insert', 'update', 'delete', 'create', 'drop', 'findAndModify'])

/** The members that were asked to write. */
const writers = (fake: FakeMongodb) =>
  new Set(fake.received.flatMap(({ name, node }) => (WRITES.has(name) ? [node] : [])))

interface PrintedCheck {
  readonly id: string
  readonly status: string
  readonly code: string | null
  readonly fix: readonly { readonly in: string; readonly text: string }[]
}

class Shop {
  readonly folder: TemporaryFolder
  readonly #entry: Readonly<Record<string, unknown>>

  constructor(folder: TemporaryFolder, entry: Readonly<Record<string, unknown>>) {
    this.folder = folder
    this.#entry = entry
  }

  configure(more: Readonly<Record<string, unknown>> = {}): void {
    const shop = { kind: 'mongodb', tables: ['shop.item'], ...this.#entry, ...more }
    const config = { sources: { shop }, sink: { kind: 'sqlite', path: 'offbeat.db' }, server: 'off' }
    // JSON is valid YAML.
    writeFileSync(this.folder.file('offbeat.yaml'), JSON.stringify(config), { mode: 0o600 })
  }

  async offbeat(...words: readonly string[]) {
    const { code, stdout, stderr } = await runOffbeat(words, { cwd: this.folder.path })
    return { code, stdout, stderr: stderr.replaceAll(/\s+/gu, ' ') }
  }

  async check(id: string): Promise<PrintedCheck | undefined> {
    const { stdout } = await this.offbeat('doctor', 'shop', '--json')
    const checks: readonly PrintedCheck[] = JSON.parse(stdout).sources[0].checks
    return checks.find((each) => each.id === `mongodb.${id}`)
  }
}

describe('a job outside MongoDB, with a source that only reads', () => {
  test('`offbeat beat` writes on `primary`, the member that is read shows it, and nothing is written there', async () => {
    await using fake = await fakeMongodb({ nodes: 2 })
    using folder = temporaryFolder()
    const [primary, secondary] = fake.hosts.map((host) => `mongodb://${host}/?directConnection=true`)
    const shop = new Shop(folder, {
      url: secondary,
      readOnly: true,
      heartbeat: { interval: '1s', source: { mode: 'job' } },
    })
    fake.insert('shop.item', { _id: 1 })
    shop.configure()
    expect(await shop.offbeat('beat', 'shop')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('readOnly: true without primary'),
    })
    expect(writers(fake)).toEqual(new Set())

    // A `primary` that leads to the member that is read cannot be written.
    shop.configure({ primary: { url: secondary } })
    expect(await shop.offbeat('beat', 'shop')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('HEARTBEAT_READ_ONLY'),
    })

    const old = new Date(Date.now() - 259_200_000)
    fake.insert('streamkap.streamkap_heartbeat', { _id: 1, text: 'job', last_update: old })
    const before = fake.received.length
    shop.configure({ primary: { url: primary } })
    const still = await shop.check('heartbeat-moves')
    expect(still).toMatchObject({ status: 'fail', code: 'HEARTBEAT_STILL' })
    expect(still?.fix).toContainEqual(expect.objectContaining({ in: 'shell', text: 'offbeat beat shop' }))
    // The trigger of Atlas records there why it failed.
    expect(still?.fix).toContainEqual(expect.objectContaining({ text: expect.stringContaining('App Services') }))

    await using running = runningOffbeat(['run'], { cwd: folder.path })
    await running.output(/"verdict":"\w+","from":null/u)
    const beat = await shop.offbeat('beat', 'shop', '--wait')
    expect(beat, beat.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('acknowledged after') })
    expect(await shop.check('heartbeat-moves')).toMatchObject({ status: 'ok' })
    const cron = (await shop.offbeat('setup', 'shop', '--as', 'crontab')).stdout
    expect(cron).toMatch(/^\* \* \* \* \* offbeat beat shop --quiet --config /mu)
    // Cron sends a mail for what is printed.
    expect(await shop.offbeat('beat', 'shop', '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' })
    const asked = fake.received.slice(before)
    expect(asked.flatMap(({ name, node }) => (WRITES.has(name) ? [node] : []))).toEqual([0, 0])
    expect(new Set(asked.flatMap(({ name, node }) => (name === 'getMore' ? [node] : [])))).toEqual(new Set([1]))

    // The job has stopped: what it runs is named.
    const broken = await waitFor({ until: 'its silence is reported' }, async () => {
      const { stdout } = await shop.offbeat('status', '--json')
      return JSON.parse(stdout).sources[0].heartbeat.source.broken ?? null
    })
    expect(broken).toMatchObject({ code: 'PULSE_JOB_SILENT' })
    expect(JSON.stringify(broken)).toContain('offbeat beat')
    expect(JSON.stringify(broken)).toContain('App Services')
    running.stop()
    expect((await running.ended).code).toBe(0)
  })
})
