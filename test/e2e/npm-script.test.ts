import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type ChildResult, startChild } from '../support/child.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const MAIN = `${root}src/cli/main.ts`
const CONFIG = 'sources: { NAME: { kind: postgresql, url: "postgresql://u@127.0.0.1:1/d" } }\n'
const CLEAN = { npm_lifecycle_event: undefined, INIT_CWD: undefined, npm_config_local_prefix: undefined }

async function npm(args: readonly string[], cwd: string): Promise<ChildResult> {
  await using child = startChild('npm', args, {
    cwd,
    env: { ...CLEAN, TMPDIR: cwd, npm_config_update_notifier: 'false' },
  })
  return await child.ended
}

test('`npm --prefix CLONE run offbeat` reads and writes files where the caller stands', async () => {
  await using folder = temporaryFolder()
  const script = ['--prefix', root, 'run', '--silent', 'offbeat', '--']
  const url = 'postgresql://u@127.0.0.1:1/here'
  const made = await npm([...script, 'init', 'mine.yaml', '--url', url, '--offline'], folder.path)
  expect(made, made.stderr).toMatchObject({ code: 0 })
  expect(readdirSync(folder.path)).toContain('mine.yaml')
  writeFileSync(folder.file('offbeat.yaml'), CONFIG.replace('NAME', 'here'))
  const listed = await npm([...script, 'offsets', 'list'], folder.path)
  expect(listed, listed.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('here') })
})

test('an npm script of another package runs `offbeat` in the folder that npm chose for it', async () => {
  await using folder = temporaryFolder()
  mkdirSync(folder.file('below'))
  const call = `"${process.execPath}" "${MAIN}" offsets list`
  writeFileSync(folder.file('package.json'), JSON.stringify({ name: 'theirs', scripts: { offbeat: call } }))
  writeFileSync(folder.file('offbeat.yaml'), CONFIG.replace('NAME', 'theirs'))
  writeFileSync(folder.file('below/offbeat.yaml'), CONFIG.replace('NAME', 'below'))
  const listed = await npm(['run', '--silent', 'offbeat'], folder.file('below'))
  expect(listed, listed.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('theirs') })
})
