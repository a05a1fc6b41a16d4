import { chmodSync, existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Child, startChild, startOffbeat } from '../support/child.ts'
import { demoFigures } from '../support/demo-figures.ts'
import { postgresqlMissing } from '../support/postgresql.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const UNDER_WAY = /beat 1 written, seen \+\d+ ms, delivered \+\d+ ms, stored \+\d+ ms, acknowledged \+\d+ ms/

/** Everything that the demo makes lies in here, and it must be empty in the end. */
let folder: TemporaryFolder
let env: { TMPDIR: string }

beforeEach(() => {
  folder = temporaryFolder()
  // The server's own user has to get in.
  chmodSync(folder.path, 0o755)
  env = { TMPDIR: folder.path }
})

afterEach(() => folder[Symbol.dispose]())

describe.skipIf(postgresqlMissing() !== null)('offbeat demo', () => {
  test('ends with figures: what the guarded position retains stays small, what the other one retains grows', async () => {
    const { code, stdout, stderr } = await startOffbeat(['demo', 'postgresql', '--for', '12s', '--json'], { env }).ended
    expect(stderr).toMatch(UNDER_WAY)
    expect(code).toBe(0)
    const summary: unknown = JSON.parse(stdout)
    expect(summary).toEqual(demoFigures('postgresql'))
    const { seconds, guarded, unguarded } = summary as Figures
    expect(seconds).toBeGreaterThanOrEqual(12)
    // How much is written in that time depends on the machine.
    expect(guarded.beats).toBeGreaterThanOrEqual(1)
    expect(guarded.pulsesBack).toBe(guarded.beats)
    expect(unguarded.heldBytesEnd).toBeGreaterThan(unguarded.heldBytesStart)
    expect(guarded.heldBytesEnd).toBeLessThan(unguarded.heldBytesEnd)
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('promise 13: Ctrl-C ends it with its summary, and nothing is left', async () => {
    await using demo = startOffbeat(['demo'], { env })
    await demo.output(UNDER_WAY)
    demo.kill('SIGINT')
    const { code, stdout, stderr } = await demo.ended
    expect(stderr).toBe('')
    expect(stdout).toMatch(/heartbeats came back.*\n +unguarded +holds .* of the log/)
    expect(code).toBe(0)
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('Ctrl-C while the server is being made ends it, and nothing is left', async () => {
    await using demo = startOffbeat(['demo'], { env })
    await waitFor({ until: 'the server is being made' }, () => readdirSync(folder.path).length > 0)
    demo.kill('SIGINT')
    expect(await demo.ended).toMatchObject({ code: 0, stderr: '' })
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('when whoever started it is killed it ends, and nothing is left', async () => {
    await using shell = startChild('/bin/sh', ['-c', `"${process.execPath}" "${MAIN}" demo; :`], { env })
    await shell.output(UNDER_WAY)
    await killAndWait(shell)
  })

  test('when npm is killed, whose shell lives on, it ends, and nothing is left', async () => {
    const shell = `/bin/sh -c '"${process.execPath}" "${MAIN}" demo; :'; :`
    await using npm = startChild('/bin/sh', ['-c', shell], { env: { ...env, npm_lifecycle_event: 'demo' } })
    await npm.output(UNDER_WAY)
    await killAndWait(npm)
  })

  test('when it is itself killed, nothing is left', async () => {
    await using demo = startOffbeat(['demo'], { env })
    await demo.output(UNDER_WAY)
    await killAndWait(demo)
  })

  test.skipIf(!hasScript())('on a terminal it draws over itself, and gives the cursor back', async () => {
    const command = `stty cols 80 rows 24; exec "${process.execPath}" "${MAIN}" demo --for 3s`
    await using terminal = startChild('script', ['-qec', command, '/dev/null'], {
      env: { ...env, NO_COLOR: '1', TERM: 'xterm' },
    })
    const { stdout } = await terminal.ended
    const codes = stdout.replaceAll('\u001B', '<ESC>')
    expect(codes).toMatch(/<ESC>\[\d\dA\r offbeat demo: PostgreSQL 18/)
    expect(codes.lastIndexOf('<ESC>[?25h')).toBeGreaterThan(codes.lastIndexOf('<ESC>[?25l'))
    expect(codes).not.toMatch(/<ESC>\[\d+m/)
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('a kind that has no demo is refused, and a time that is none', async () => {
    expect(await startOffbeat(['demo', 'oracle'], { env }).ended).toMatchObject({ code: 2, stdout: '' })
    expect(await startOffbeat(['demo', '--for', '0s'], { env }).ended).toMatchObject({ code: 2, stdout: '' })
  })
})

/** A part of most systems that gives a program a terminal. */
function hasScript(): boolean {
  return existsSync('/usr/bin/script') && process.platform === 'linux'
}

interface Figures {
  readonly seconds: number
  readonly guarded: { readonly heldBytesEnd: number; readonly beats: number; readonly pulsesBack: number }
  readonly unguarded: { readonly heldBytesStart: number; readonly heldBytesEnd: number }
}

async function killAndWait(child: Child): Promise<void> {
  child.kill('SIGKILL')
  await waitFor({ until: 'server and folder are gone' }, () => readdirSync(folder.path).length === 0)
}
