import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** One mistake a row, each in a file of its own beside `client.ts`, with the rule that must stop it. */
const PLANTED: readonly (readonly [string, string])[] = [
  ['noFloatingPromises', "import { send } from './client.ts'\nexport const go = (): void => {\n  send()\n}\n"],
  [
    'noFloatingPromises',
    "import { Client } from './client.ts'\nexport const go = (): void => {\n  new Client().close()\n}\n",
  ],
  ['noMisusedPromises', "import { send } from './client.ts'\nexport const go = (): number => (send() ? 1 : 2)\n"],
  ['useAwaitThenable', 'export const go = async (): Promise<number> => await 5\n'],
  ['noUnsafeReturn', 'export function go(text: string): number {\n  return JSON.parse(text)\n}\n'],
  ['noExplicitAny', 'export const go = (value: any): string => String(value)\n'],
  ['noNonNullAssertion', 'export const go = (list: string[]): string => list[0]!\n'],
  ['noDefaultExport', 'export default 1\n'],
  ['noBarrelFile', "export { send } from './client.ts'\n"],
  ['noEnum', 'export enum Colour {\n  Red,\n}\n'],
  ['useImportExtensions', "import { send } from './client'\nexport const go = send\n"],
  ['noProcessEnv', "export const go = process.env['HOME']\n"],
  ['noConsole', "console.log('x')\n"],
  ['useThrowOnlyError', "export function go(): never {\n  throw 'x'\n}\n"],
  [
    'noExcessiveLinesPerFunction',
    `export function go(): number {\n  let n = 0\n${'  n += 1\n'.repeat(60)}  return n\n}\n`,
  ],
  ['noExcessiveLinesPerFile', "export const text = ''\n".repeat(501)],
]

it('every planted mistake is stopped by its rule', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offbeat-lint-'))
  try {
    plant(folder)
    const report = await lint(folder)
    const missed = PLANTED.filter(
      ([rule], index) => !report.some((line) => line.includes(`/${rule},`) && line.includes(`plant-${index}.ts`)),
    )
    expect(missed.map(([rule]) => rule)).toEqual([])
    expect(report.filter((line) => line.includes('client.ts'))).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

function plant(folder: string): void {
  copyFileSync(join(root, 'biome.json'), join(folder, 'biome.json'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  copyFileSync(join(root, '.gitignore'), join(folder, '.gitignore'))
  writeFileSync(
    join(folder, 'client.ts'),
    'export const send = async (): Promise<void> => await Promise.resolve()\nexport class Client {\n  async close(): Promise<void> {\n    await send()\n  }\n}\n',
  )
  for (const [index, [, text]] of PLANTED.entries()) writeFileSync(join(folder, `plant-${index}.ts`), text)
}

/** One line a finding. Biome fails where it finds something, which here is what is wanted. */
function lint(folder: string): Promise<readonly string[]> {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
  const args = [biome, 'lint', '--max-diagnostics=none', '--reporter=github', '.']
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder }, (_failed, stdout) => resolve(stdout.split('\n')))
  })
}
