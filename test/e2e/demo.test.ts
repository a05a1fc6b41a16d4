import { describe, expect, test } from 'vitest'
import { type Child, startChild, startOffbeat } from '../support/child.ts'
import { demoFigures } from '../support/demo-figures.ts'
import {
  demoCommandSuite,
  demoFolders,
  demoStopsAtStart,
  expectBeatsBack,
  MAIN,
  UNDER_WAY,
} from '../support/demo-suite.ts'
import { postgresqlMissing } from '../support/postgresql.ts'
import { waitFor } from '../support/wait-for.ts'

const folder = demoFolders()

describe.skipIf(postgresqlMissing() !== null)('offbeat demo', () => {
  test('ends with figures: what the guarded position retains stays small, what the other one retains grows', async () => {
    const { code, stdout, stderr } = await startOffbeat(['demo', 'postgresql', '--for', '12s', '--json'], {
      env: folder.env,
    }).ended
    expect(stderr).toMatch(UNDER_WAY)
    expect(code).toBe(0)
    const summary: unknown = JSON.parse(stdout)
    expect(summary).toEqual(demoFigures('postgresql'))
    const { seconds, guarded, unguarded } = summary as Figures
    expect(seconds).toBeGreaterThanOrEqual(12)
    // How much is written in that time depends on the machine.
    expectBeatsBack(guarded)
    expect(unguarded.heldBytesEnd).toBeGreaterThan(unguarded.heldBytesStart)
    expect(guarded.heldBytesEnd).toBeLessThan(unguarded.heldBytesEnd)
    expect(folder.content()).toEqual([])
  })

  demoCommandSuite('postgresql', folder, { summary: 'holds', title: 'PostgreSQL', starting: 'PostgreSQL' })
  demoStopsAtStart('postgresql', folder, false)

  test('when whoever started it is killed it ends, and nothing is left', async () => {
    await using shell = startChild('/bin/sh', ['-c', `"${process.execPath}" "${MAIN}" demo; :`], { env: folder.env })
    await shell.output(UNDER_WAY)
    await killAndWait(shell)
  })

  test('when npm is killed, whose shell lives on, it ends, and nothing is left', async () => {
    const shell = `/bin/sh -c '"${process.execPath}" "${MAIN}" demo; :'; :`
    await using npm = startChild('/bin/sh', ['-c', shell], { env: { ...folder.env, npm_lifecycle_event: 'demo' } })
    await npm.output(UNDER_WAY)
    await killAndWait(npm)
  })

  test('when it is itself killed, nothing is left', async () => {
    await using demo = startOffbeat(['demo'], { env: folder.env })
    await demo.output(UNDER_WAY)
    await killAndWait(demo)
  })

  test('a kind that has no demo is refused, and a time that is none', async () => {
    expect(await startOffbeat(['demo', 'oracle'], { env: folder.env }).ended).toMatchObject({ code: 2, stdout: '' })
    expect(await startOffbeat(['demo', '--for', '0s'], { env: folder.env }).ended).toMatchObject({
      code: 2,
      stdout: '',
    })
  })
})

interface Figures {
  readonly seconds: number
  readonly guarded: { readonly heldBytesEnd: number; readonly beats: number; readonly pulsesBack: number }
  readonly unguarded: { readonly heldBytesStart: number; readonly heldBytesEnd: number }
}

async function killAndWait(child: Child): Promise<void> {
  child.kill('SIGKILL')
  await waitFor({ until: 'server and folder are gone' }, () => folder.content().length === 0)
}
