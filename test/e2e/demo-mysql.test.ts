import { chmodSync, existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import { runDemo } from '../../src/demo/demo.ts'
import type { DemoState } from '../../src/demo/demo-state.ts'
import { silentView } from '../../src/demo/plain-view.ts'
import type { OpenStage } from '../../src/demo/stage.ts'
import { type MysqlPace, PACE } from '../../src/demo/stages/mysql/mysql-pace.ts'
import { mysqlStage } from '../../src/demo/stages/mysql/stage.ts'
import { startChild, startOffbeat } from '../support/child.ts'
import { demoFigures } from '../support/demo-figures.ts'
import { environment } from '../support/environment.ts'
import { mysqlMissing } from '../support/mysql.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const UNDER_WAY = /beat 1 written, seen \+\d+ ms, delivered \+\d+ ms, stored \+\d+ ms, acknowledged \+\d+ ms/

/** The same story in a few seconds. */
const FAST: MysqlPace = {
  ...PACE,
  beatIntervalMs: 300,
  settleIntervalMs: 500,
  retentionMs: 3000,
  atRiskMs: 1500,
  restart: { afterLostMs: 0, downMs: 200 },
}

/** It takes about ten seconds. If something in it does not happen, the summary shows what. */
const STORY_ENDS_WITHIN_MS = 200_000

/** Everything that the demo creates is in here, and it must be empty at the end. */
let folder: TemporaryFolder
let env: { TMPDIR: string }

beforeEach(() => {
  folder = temporaryFolder()
  // The server's own user must be able to enter it.
  chmodSync(folder.path, 0o755)
  env = { TMPDIR: folder.path }
})

afterEach(() => folder[Symbol.dispose]())

describe.each(BOTH_PRODUCTS)('offbeat demo: %s', (version) => {
  const { product } = mysqlServerKind(version)
  const absent = mysqlMissing(version) !== null

  test.skipIf(absent)('a guarded reader restarts where it was, and an unguarded one needs a purged file', async () => {
    const seen: DemoState[] = []
    const over = new AbortController()
    const show = (state: DemoState): void => {
      seen.push(state)
      if (state.guarded.restart === 'resumed' && state.unguarded.restart === 'refused') over.abort()
    }
    const openStage = settlingUntil(() => seen.at(-1)?.unguarded.verdict?.name === 'lost', mysqlStage(product, FAST))
    const options = { kind: product, openStage, forMs: STORY_ENDS_WITHIN_MS, env: environment, clock: systemClock }
    const end = await runDemo(
      { ...options, random: Math.random, version: '0.0.0' },
      { ...silentView, show },
      over.signal,
    )
    expect(end?.summary).toMatchObject({
      version: 1,
      kind: product,
      simulated: false,
      guarded: { resumable: true, restart: 'resumed' },
      unguarded: { heldBytesEnd: 0, verdict: 'lost', resumable: false, restart: 'refused' },
    })
    const { beats = 0, pulsesBack = 0 } = end?.summary.guarded ?? {}
    // At the end, the newest one can be on its way.
    expect([pulsesBack, pulsesBack + 1]).toContain(beats)
    expect(pulsesBack).toBeGreaterThan(0)
    expect(end?.text).toContain('with 2 rows in the watched tables')
    expect(end?.text).toMatch(/guarded .*\n +it can resume\n +it was stopped, then resumed where it was/u)
    expect(end?.text).toMatch(/unguarded +needs a part of the log that was purged; lost\n +it cannot resume/u)
    expect(Math.max(...(end?.text.split('\n') ?? []).map((line) => line.length))).toBeLessThan(79)

    const runways = seen.flatMap(({ unguarded }) => unguarded.runwaySeconds ?? [])
    // A busy machine can see the first one late.
    expect(runways[0]).toBeLessThanOrEqual(FAST.retentionMs / 1000)
    expect(Math.min(...runways)).toBe(0)
    expect(runways.at(-1)).toBe(0)
    expect(seen.at(-1)?.unguarded.verdict?.why).toMatch(/^MYSQL_LOG_PURGED: /u)
  })

  test.skipIf(absent)('Ctrl-C while the server is being made ends it, and nothing is left', async () => {
    await using demo = startOffbeat(['demo', product], { env })
    await waitFor({ until: 'the server is being made' }, () => readdirSync(folder.path).length > 0)
    demo.kill('SIGINT')
    expect(await demo.ended).toMatchObject({ code: 0, stderr: '' })
    expect(readdirSync(folder.path)).toEqual([])
  })
})

/** Purges nothing after that, so that the guarded reader has all the time that a busy machine takes for its restart. */
function settlingUntil(isOver: () => boolean, open: OpenStage): OpenStage {
  return async (options) => {
    const stage = await open(options)
    return { ...stage, settle: async () => (isOver() ? undefined : await stage.settle()) }
  }
}

describe.skipIf(mysqlMissing('mariadb-10.11') !== null)('offbeat demo mariadb', () => {
  test('ends with figures', async () => {
    await using demo = startOffbeat(['demo', 'mariadb', '--json'], { env })
    await demo.output(UNDER_WAY)
    await demo.output(/guarded: needs .* from binlog\.\d+, could be down for 12 s/u)
    demo.kill('SIGINT')
    const { code, stdout, stderr } = await demo.ended
    expect(code, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual(demoFigures('mariadb'))
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('promise 13: Ctrl-C ends it with its summary, and nothing is left', async () => {
    await using demo = startOffbeat(['demo', 'mariadb'], { env })
    await demo.output(UNDER_WAY)
    demo.kill('SIGINT')
    const { code, stdout, stderr } = await demo.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/heartbeats came back.*\n +unguarded +needs .* of the log/u)
    expect(readdirSync(folder.path)).toEqual([])
  })

  test.skipIf(!existsSync('/usr/bin/script'))('on a terminal it draws over itself', async () => {
    const command = `stty cols 80 rows 24; exec "${process.execPath}" "${MAIN}" demo mariadb --for 2s`
    await using terminal = startChild('script', ['-qec', command, '/dev/null'], {
      env: { ...env, NO_COLOR: '1', TERM: 'xterm' },
    })
    const codes = (await terminal.ended).stdout.replaceAll('\u001B', '<ESC>')
    expect(codes).toMatch(/<ESC>\[\d\dA\r offbeat demo: MariaDB \d/u)
    expect(codes).not.toMatch(/<ESC>\[\d+m/u)
    expect(readdirSync(folder.path)).toEqual([])
  })
})

test('a variable that names no server is a mistake of the user', async () => {
  const missing = folder.file('no-such-program')
  const { code, stderr } = await startOffbeat(['demo', 'mysql'], { env: { ...env, MYSQLD_BINARY: missing } }).ended
  expect(code).toBe(2)
  expect(stderr).toContain('error: the variable MYSQLD_BINARY names no server of MySQL')
  expect(stderr).toContain('there is no such file')
  expect(readdirSync(folder.path)).toEqual([])
})
