import { chmodSync, existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import { runDemo } from '../../src/demo/demo.ts'
import type { DemoState } from '../../src/demo/demo-state.ts'
import type { DemoEnd } from '../../src/demo/demo-summary.ts'
import { silentView } from '../../src/demo/plain-view.ts'
import type { OpenStage } from '../../src/demo/stage.ts'
import type { DemoKind } from '../../src/demo/stage-registry.ts'
import { startChild, startOffbeat } from './child.ts'
import { demoFigures } from './demo-figures.ts'
import { environment } from './environment.ts'
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

export const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** The first heartbeat has come back. */
export const UNDER_WAY =
  /beat 1 written at \S+, seen \+\d+ ms, delivered \+\d+ ms, stored \+\d+ ms, acknowledged \+\d+ ms/

/** Everything that a demo creates is in the folder of its test, and it must be empty at the end. */
export interface DemoFolder {
  readonly env: { readonly TMPDIR: string }
  file(name: string): string
  content(): readonly string[]
}

/** A new folder for each test of the file. */
export function demoFolders(): DemoFolder {
  let folder: TemporaryFolder | null = null
  const current = () => folder ?? expect.fail('outside of a test')
  beforeEach(() => {
    folder = temporaryFolder()
    // The server's own user must be able to enter it.
    chmodSync(folder.path, 0o755)
  })
  afterEach(() => current()[Symbol.dispose]())
  return {
    get env() {
      return { TMPDIR: current().path }
    },
    file: (name) => current().file(name),
    content: () => readdirSync(current().path),
  }
}

/** At the end, the newest heartbeats can be on their way: on a busy machine, several. */
export function expectBeatsBack({ beats, pulsesBack }: Pick<DemoEnd['summary']['guarded'], 'beats' | 'pulsesBack'>) {
  expect(pulsesBack).toBeGreaterThan(0)
  expect(pulsesBack).toBeLessThanOrEqual(beats)
}

/** In each state, before the newest one that came back all did, except one that was on its way when the reader was stopped. */
function expectNoneMissed(states: readonly DemoState[]): void {
  const missed = states.flatMap(({ beats }) => {
    const written = beats.filter(({ pulse }) => pulse.writtenAtMs !== null && pulse.failedCode === null)
    const cameBack = written.map(({ pulse }) => pulse.seenAtMs !== null)
    const newest = cameBack.indexOf(true)
    return newest === -1 ? [] : [cameBack.slice(newest).filter((each) => !each).length]
  })
  expect(missed).not.toEqual([])
  expect(Math.max(...missed)).toBeLessThanOrEqual(1)
}

interface DemoText {
  /** Of the unguarded reader at the end. */
  readonly summary: string
  /** The server, without its version. */
  readonly title: string
  /** The first line says this of the server that is started. */
  readonly starting: string
}

/** What a demo prints, and how it is stopped. */
export function demoCommandSuite(kind: DemoKind, folder: DemoFolder, { summary, title, starting }: DemoText): void {
  test('promise 13: Ctrl-C ends it with its summary, and nothing is left', async () => {
    await using demo = startOffbeat(['demo', kind], { env: folder.env })
    await demo.output(UNDER_WAY)
    demo.kill('SIGINT')
    const { code, stdout, stderr } = await demo.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^Starting ${starting} \\.\\.\\.\\n`, 'u'))
    expect(stdout).toMatch(new RegExp(`heartbeats came back.*\\n +unguarded +${summary} .* of the log`, 'u'))
    expect(folder.content()).toEqual([])
  })

  test.skipIf(!hasScript())('on a terminal it draws over itself, and gives the cursor back', async () => {
    const command = `stty cols 80 rows 24; exec "${process.execPath}" "${MAIN}" demo ${kind} --for 3s`
    await using terminal = startChild('script', ['-qec', command, '/dev/null'], {
      env: { ...folder.env, NO_COLOR: '1', TERM: 'xterm' },
    })
    const codes = (await terminal.ended).stdout.replaceAll('\u001B', '<ESC>')
    expect(codes).toMatch(new RegExp(`<ESC>\\[\\d\\dA\\r offbeat demo: ${title} \\d`, 'u'))
    expect(codes.lastIndexOf('<ESC>[?25h')).toBeGreaterThan(codes.lastIndexOf('<ESC>[?25l'))
    expect(codes).not.toMatch(/<ESC>\[\d+m/u)
    expect(folder.content()).toEqual([])
  })
}

export function demoStopsAtStart(kind: DemoKind, folder: DemoFolder, isAbsent: boolean): void {
  test.skipIf(isAbsent)('Ctrl-C while the server is being made ends it, and nothing is left', async () => {
    await using demo = startOffbeat(['demo', kind], { env: folder.env })
    await waitFor({ until: 'the server is being made' }, () => folder.content().length > 0)
    demo.kill('SIGINT')
    expect(await demo.ended).toMatchObject({ code: 0, stderr: '' })
    expect(folder.content()).toEqual([])
  })
}

/** `variable`: the one that names the program of the server. */
export function demoRefusesVariable(kind: DemoKind, folder: DemoFolder, variable: string, title: string): void {
  test('a variable that names no server is a mistake of the user', async () => {
    const env = { ...folder.env, [variable]: folder.file('no-such-program') }
    const { code, stderr } = await startOffbeat(['demo', kind], { env }).ended
    expect(code).toBe(2)
    expect(stderr).toContain(`error: the variable ${variable} names no server of ${title}`)
    expect(stderr).toContain('there is no such file')
    expect(folder.content()).toEqual([])
  })
}

/** `until`: what has been printed when it is stopped. */
export function demoFiguresTest(kind: DemoKind, folder: DemoFolder, until: RegExp): void {
  test('ends with figures', async () => {
    await using demo = startOffbeat(['demo', kind, '--json'], { env: folder.env })
    await demo.output(UNDER_WAY)
    await demo.output(until)
    demo.kill('SIGINT')
    const { code, stdout, stderr } = await demo.ended
    expect(code, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual(demoFigures(kind))
    expect(folder.content()).toEqual([])
  })
}

interface ExpiringStory {
  readonly kind: DemoKind
  /** How the database calls the removal of its log. */
  readonly removed: string
  /** The code of the unguarded reader's lost position. */
  readonly lostCode: string
  /** `states`: what has been shown so far, oldest first. */
  open(states: readonly DemoState[]): OpenStage
}

/** It takes about ten seconds. If something in it does not happen, the summary shows what. */
const STORY_ENDS_WITHIN_MS = 200_000

/** A server that keeps no log for its readers: the guarded reader restarts where it was, the unguarded one needs what was removed. */
export async function expectExpiringStory(story: ExpiringStory): Promise<readonly DemoState[]> {
  const { kind, removed, lostCode, open } = story
  const seen: DemoState[] = []
  const over = new AbortController()
  const show = (state: DemoState): void => {
    seen.push(state)
    if (state.guarded.restart === 'resumed' && state.unguarded.restart === 'refused') over.abort()
  }
  const options = { kind, openStage: open(seen), forMs: STORY_ENDS_WITHIN_MS, env: environment, clock: systemClock }
  const end = await runDemo({ ...options, random: Math.random, version: '0.0.0' }, { ...silentView, show }, over.signal)
  if (end === null) expect.fail('it was stopped before both readers were ready')
  expect(end.summary).toMatchObject({
    version: 1,
    kind,
    simulated: false,
    guarded: { resumable: true, restart: 'resumed' },
    unguarded: { heldBytesEnd: 0, verdict: 'lost', resumable: false, restart: 'refused' },
  })
  expectBeatsBack(end.summary.guarded)
  expectNoneMissed(seen)
  expect(end.text).toContain('with 2 rows in the watched tables')
  expect(end.text).toMatch(/guarded .*\n +it can resume\n +it was stopped, then resumed where it was/u)
  expect(end.text).toMatch(
    new RegExp(`unguarded +needs a part of the log that was ${removed}; lost\\n +it cannot resume`, 'u'),
  )
  expect(Math.max(...end.text.split('\n').map((line) => line.length))).toBeLessThan(79)
  expect(seen.at(-1)?.unguarded.verdict?.why).toMatch(new RegExp(`^${lostCode}: `, 'u'))
  return seen
}

/** A part of most systems that gives a program a terminal. */
function hasScript(): boolean {
  return existsSync('/usr/bin/script') && process.platform === 'linux'
}
