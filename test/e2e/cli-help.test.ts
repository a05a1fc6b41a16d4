import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = new URL('../..', import.meta.url).pathname
const main = join(root, 'src/cli/main.ts')

function node(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, ...env } })
}

test('--help loads the parser and the commands as data, and no driver, schema, parser of YAML or database', () => {
  const directory = mkdtempSync(join(tmpdir(), 'offbeat-modules-'))
  try {
    const file = join(directory, 'modules')
    const preload = join(root, 'test/support/report-modules.ts')
    const { status, stdout } = node(['--import', preload, main, '--help'], { OFFBEAT_TEST_MODULES: file })
    expect(status).toBe(0)
    expect(stdout).toContain('Usage: offbeat')
    const modules = readFileSync(file, 'utf8').split('\n')
    const packages = modules.flatMap((url) => /\/node_modules\/([^/]+)/u.exec(url)?.[1] ?? [])
    expect(new Set(packages)).toEqual(new Set(['commander']))
    const ours = modules.filter((url) => url.startsWith('file:') && !url.includes('/node_modules/'))
    // The names of the kinds, each loaded when it is used.
    const light = /\/src\/(?:cli\/|model\/|sources\/(?:source-)?registry\.ts)/u
    expect(ours.filter((url) => !light.test(url))).toEqual([])
    expect(ours.length).toBeLessThan(65)
    for (const heavy of ['sqlite', 'tls', 'http', 'readline/promises']) {
      expect(modules).not.toContain(`node:${heavy}`)
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
