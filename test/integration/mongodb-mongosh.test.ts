import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { OutsideForm } from '../../src/model/outside-form.ts'
import { commandLine } from '../conformance/command-line.ts'
import { MONGODB_STAGE } from '../conformance/mongodb-stage.ts'
import { firstOffsetOf, readingOf, sourceOf } from '../conformance/staged-source.ts'
import { mongodbMissing } from '../support/mongodb.ts'
import { type MongoshResult, mongoshMissing, pasteIntoMongosh, withMongosh } from '../support/mongosh.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

type Database = Awaited<ReturnType<typeof MONGODB_STAGE.open>>

const SETUP = MONGODB_STAGE.setup ?? expect.fail('MongoDB has no set-up')
const missing = mongodbMissing() ?? mongoshMissing()

/** The entry with other keys; layer 2 is a job's. */
function withEntry(database: Database, more: Readonly<Record<string, unknown>> = {}): Database {
  const { database: schema, collection: table } = database.watched.heartbeat
  const heartbeat = { interval: '1m', source: { mode: 'job', schema, table } }
  return { ...database, entry: { ...database.entry, heartbeat, ...more } }
}

describe.skipIf(missing !== null)('what is printed for mongosh, pasted into mongosh', () => {
  test('a second time it fails only where something exists already, and changes nothing', async () => {
    await using opened = await SETUP.open()
    const database = withEntry(opened, { fullDocument: 'whenAvailable', fullDocumentBeforeChange: 'required' })
    using offbeat = commandLine(database)
    const { stdout } = await offbeat.run('setup', 'shop', '--with-monitoring')
    const script = stdout.replaceAll('"<password>"', JSON.stringify(opened.watched.password))
    expect(await pasteIntoMongosh(opened.adminUrl, script)).toEqual([])
    const prepared = await opened.fingerprint()
    const again = await pasteIntoMongosh(opened.adminUrl, script)
    expect(again.length).toBeGreaterThan(0)
    expect(again.filter((line) => !line.includes('already exists'))).toEqual([])
    expect(await opened.fingerprint()).toEqual(prepared)
    const applied = await offbeat.run('setup', 'shop', '--with-monitoring', '--apply', '--yes')
    expect(applied, applied.stderr).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing is left to run.'),
    })
    expect(applied.stdout).toContain(`${opened.watched.user} can log in and open a change stream`)
  })
})

describe.skipIf(missing !== null)('a job that is printed, run as it is', () => {
  let database: Database
  beforeAll(async () => {
    database = withEntry(await MONGODB_STAGE.open())
  })
  afterAll(async () => {
    await database?.[Symbol.asyncDispose]()
  })

  const textOf = async (form: OutsideForm) => {
    using offbeat = commandLine(database)
    const { stdout } = await offbeat.run('setup', 'shop', '--as', form)
    expect(stdout).not.toContain(database.watched.password)
    return stdout
  }

  /** Cron starts the line in a shell of the owner, whose home has the password. */
  const fromCrontab = async (password: string): Promise<MongoshResult> => {
    using home = temporaryFolder()
    writeFileSync(home.file('.mongodb-password'), `${password}\n`, { mode: 0o600 })
    const lines = (await textOf('crontab-mongosh')).trim().split('\n')
    const command = (lines.at(-1) ?? '').replace(/^(?:\S+ ){5}/u, '').replaceAll('\\%', '%')
    return await withMongosh(command, { home: home.path })
  }

  /** Kubernetes starts the command without a shell, with the variable from the Secret. */
  const fromCronJob = async (password: string): Promise<MongoshResult> => {
    const [{ command, env }] = parse(await textOf('cronjob-mongosh')).spec.jobTemplate.spec.template.spec.containers
    const words: readonly string[] = command.map((word: string) => word.replaceAll('$$', '$'))
    return await withMongosh(words, { variables: { [env[0].name]: password } })
  }

  test.each([
    ['crontab-mongosh', fromCrontab],
    ['cronjob-mongosh', fromCronJob],
  ] as const)('%s writes what is read as a heartbeat, and prints nothing', async (_, run) => {
    const source = await sourceOf(database)
    const start = await firstOffsetOf(source)
    const { admin, heartbeat, password } = database.watched
    expect(await run(password)).toEqual({ code: 0, output: '' })
    const documents = await admin.db(heartbeat.database).collection(heartbeat.collection).find().toArray()
    expect(documents).toEqual([{ _id: 1, text: 'mongosh', last_update: expect.any(Date) }])
    await using reading = await readingOf(source, start)
    await reading.until('the heartbeat', () => reading.events.some(({ type }) => type === 'pulse'))
    expect(reading.events.find(({ type }) => type === 'pulse')).toMatchObject({ nonce: null })
  })

  test.each([
    ['crontab-mongosh', fromCrontab],
    ['cronjob-mongosh', fromCronJob],
  ] as const)('%s with the wrong password fails, and does not show it', async (_, run) => {
    const { code, output } = await run('wr@ng:password')
    expect(code).toBe(1)
    expect(output).toMatch(/authentication failed/iu)
    expect(output).not.toMatch(/wr(?:@|%40)ng/u)
  })

  test('the function of an Atlas trigger writes what is read as a heartbeat', async () => {
    const source = await sourceOf(database)
    const start = await firstOffsetOf(source)
    const { admin, heartbeat } = database.watched
    const [, body = ''] = /^exports = (async function[\s\S]*)$/mu.exec(await textOf('atlas')) ?? []
    const context = { services: { get: (name: string) => (name === 'CLUSTER' ? admin : null) } }
    await new Function('context', `return (${body})()`)(context)
    const documents = await admin.db(heartbeat.database).collection(heartbeat.collection).find().toArray()
    expect(documents).toEqual([{ _id: 1, text: 'atlas', last_update: expect.any(Date) }])
    await using reading = await readingOf(source, start)
    await reading.until('the heartbeat', () => reading.events.some(({ type }) => type === 'pulse'))
  })
})
