import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Position } from '../../src/model/position.ts'
import { environment } from '../support/environment.ts'
import { openStore } from '../support/open-store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const SCRIPT = '/usr/bin/script'

/** A pseudo-terminal, by util-linux. */
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
  const command = `'${process.execPath}' '${MAIN}' offsets reset shop`
  const child = spawn(SCRIPT, ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: folder.path,
    env: environment,
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const ended = once(child, 'close')
  await waitFor({ until: 'the question' }, () => output.includes('Go on? (yes/no)'))
  child.stdin.end(key)
  const [code] = await ended
  expect(code, output).toBe(1)
  expect(output).toContain('Nothing was changed.')
  await using store = await openStore(folder.file('offbeat.db'))
  expect(store.reader.offset('shop')?.position).toBe('0/10')
})

test.skipIf(!existsSync(SCRIPT))('SIGTERM at a question ends it', async () => {
  using folder = temporaryFolder()
  const command = `timeout --foreground --preserve-status --signal TERM 5 '${process.execPath}' '${MAIN}' init`
  const child = spawn(SCRIPT, ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: folder.path,
    env: environment,
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [code] = await once(child, 'close')
  expect(output).toContain('URL of the database')
  expect(code, output).toBe(1)
  expect(existsSync(folder.file('offbeat.yaml'))).toBe(false)
})
