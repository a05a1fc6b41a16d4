import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { promisify, stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { onTerminal, SCRIPT } from '../support/on-terminal.ts'
import { openStore } from '../support/open-store.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

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
    position: '0/10',
    server: null,
    memory: {},
    moved: { by: 'commit', why: '', atMs: 0 },
  } as const
  {
    await using store = await openStore(folder.file('offbeat.db'))
    await store.setOffset('shop', offset)
  }
  await using terminal = onTerminal(folder, 'offsets reset shop')
  await terminal.shows('Continue? (yes/no)')
  terminal.type(key)
  const { code, output } = await terminal.end()
  expect(code, output).toBe(1)
  expect(output).toContain('Nothing was changed.')
  await using store = await openStore(folder.file('offbeat.db'))
  expect(store.reader.offset('shop')?.position).toBe('0/10')
})

test.skipIf(!existsSync(SCRIPT))('SIGTERM at a question ends it', async () => {
  using folder = temporaryFolder()
  await using terminal = onTerminal(folder, 'init')
  await terminal.shows('Kind of database')
  terminal.kill('SIGTERM')
  const { code, output } = await terminal.end()
  expect(code, output).toBe(1)
  expect(existsSync(folder.file('offbeat.yaml'))).toBe(false)
})

const [FRAME_BEGINS, FRAME_ENDS] = ['\u001B[?2026h', '\u001B[?2026l']

/** What the terminal shows after the last whole picture, line by line. */
function pictureIn(output: string): readonly string[] {
  const whole = output.slice(0, output.lastIndexOf(FRAME_ENDS))
  const last = whole.slice(whole.lastIndexOf(FRAME_BEGINS))
  return stripVTControlCharacters(last).split(/\r+\n/u)
}

function manySources(folder: TemporaryFolder, count: number): void {
  const sources = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `shop-${index}-${'x'.repeat(index)}`,
      { kind: 'postgresql', url: 'postgresql://u:p@127.0.0.1:1/shop', slot: `s${index}` },
    ]),
  )
  writeFileSync(folder.file('offbeat.yaml'), JSON.stringify({ sources, sink: { kind: 'sqlite' } }), { mode: 0o600 })
}

test.skipIf(!existsSync(SCRIPT))(
  'status --watch fits the terminal, follows its size, draws over itself, and leaves it as it was',
  async () => {
    using folder = temporaryFolder()
    manySources(folder, 30)
    await using terminal = onTerminal(
      folder,
      'status --watch --every 200ms',
      'echo "tty=$(tty)"; stty rows 24 cols 80; ',
    )
    await terminal.shows('30 sources: 30 stopped')
    const full = pictureIn(terminal.output())
    expect(full).toHaveLength(24)
    for (const line of full) expect(line.length).toBeLessThanOrEqual(80)
    expect(full[0]).toMatch(/^\d\d:\d\d:\d\d \S+ {2}30 sources: 30 stopped$/u)
    expect(full.at(-2)).toBe('and 10 more: 10 stopped')
    const [, tty = ''] = /tty=(\S+)/u.exec(terminal.output()) ?? []
    await promisify(execFile)('stty', ['-F', tty, 'rows', '10', 'cols', '40'])
    await waitFor({ until: 'the picture is smaller' }, () => {
      const lines = pictureIn(terminal.output())
      return lines.length === 10 && lines.every((line) => line.length <= 40)
    })
    terminal.type('\u0003')
    const { code, output } = await terminal.end()
    // The database cannot be reached.
    expect(code, output).toBe(4)
    const [before = '', after = ''] = output.split('\u001B[?1049l')
    expect(before).toContain('\u001B[?1049h')
    expect(before.slice(-30)).toContain('\u001B[?25h')
    expect(stripVTControlCharacters(after)).toContain('30 sources: 30 stopped')
    // Nothing is cleared but at the start and with the new size.
    expect(output.split('\u001B[2J').length - 1).toBeLessThanOrEqual(3)
  },
)

test.skipIf(!existsSync(SCRIPT))(
  'status NAME --watch has the facts of one source, also where they do not fit',
  async () => {
    using folder = temporaryFolder()
    manySources(folder, 2)
    await using terminal = onTerminal(folder, 'status shop-1-x --watch', 'stty rows 8 cols 80; ')
    await terminal.shows('1 source: 1 stopped')
    const lines = pictureIn(terminal.output())
    expect(lines).toHaveLength(8)
    expect(lines[1]).toBe('shop-1-x  stopped')
    expect(lines[7]).toMatch(/^\d+ more lines: offbeat status shop-1-x$/u)
    terminal.type('\u0003')
    expect((await terminal.end()).code).toBe(4)
  },
)
