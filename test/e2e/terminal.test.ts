import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Position } from '../../src/model/position.ts'
import { environment } from '../support/environment.ts'
import { openStore } from '../support/open-store.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const SCRIPT = '/usr/bin/script'

/** `offbeat` on a pseudo-terminal, by util-linux. */
function onTerminal(folder: TemporaryFolder, args: string) {
  // The shell says which process is offbeat's own before it becomes that.
  const command = `echo "pid=$$"; exec '${process.execPath}' '${MAIN}' ${args}`
  const child = spawn(SCRIPT, ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: folder.path,
    env: { ...environment, SHELL: '/bin/sh' },
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const ended = once(child, 'close')
  return {
    shows: (text: string) => waitFor({ until: `it shows ${text}` }, () => output.includes(text)),
    type: (key: string) => child.stdin.end(key),
    kill: (signal: NodeJS.Signals) => process.kill(Number(/pid=(\d+)/u.exec(output)?.[1]), signal),
    end: async () => ({ code: (await ended)[0] as unknown, output }),
  }
}

test.skipIf(!existsSync(SCRIPT)).each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
])('%s at a question changes nothing and ends with 1', async (_name, key) => {
  using folder = temporaryFolder()
  writeFileSync(
    folder.file('offbeat.yaml'),
    'sources: { shop: { kind: postgresql, url: "postgresql://u:p@127.0.0.1:1/shop" } }\n',
  )
  const offset = {
    position: '0/10' as Position,
    server: null,
    memory: {},
    moved: { by: 'commit', why: '', atMs: 0 },
  } as const
  {
    await using store = await openStore(folder.file('offbeat.db'))
    await store.setOffset('shop', offset)
  }
  const terminal = onTerminal(folder, 'offsets reset shop')
  await terminal.shows('Go on? (yes/no)')
  terminal.type(key)
  const { code, output } = await terminal.end()
  expect(code, output).toBe(1)
  expect(output).toContain('Nothing was changed.')
  await using store = await openStore(folder.file('offbeat.db'))
  expect(store.reader.offset('shop')?.position).toBe('0/10')
})

test.skipIf(!existsSync(SCRIPT))('SIGTERM at a question ends it', async () => {
  using folder = temporaryFolder()
  const terminal = onTerminal(folder, 'init')
  await terminal.shows('URL of the database')
  terminal.kill('SIGTERM')
  const { code, output } = await terminal.end()
  expect(code, output).toBe(1)
  expect(existsSync(folder.file('offbeat.yaml'))).toBe(false)
})
