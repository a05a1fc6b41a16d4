import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = new URL('../../', import.meta.url).pathname
const WAITING = 'test/support/wait-for.ts'

/** What makes a test depend on how busy the machine is. */
const IMPATIENT: Readonly<Record<string, RegExp>> = {
  'waits by itself, instead of with waitFor': /from 'node:timers\/promises'|\bsetTimeout\(/u,
  'asserts how long something took':
    /expect\((?:(?!\n\n|expect\()[\s\S])*?(?:performance|Date)\.now\(\)(?:(?!\n\n|expect\()[\s\S])*?\)\.toBeLessThan/u,
  'listens on a port that can be taken': /\.listen\((?!7070\b)[1-9]\d*/u,
}

function impatience(path: string, text: string): readonly string[] {
  if (path === WAITING) return []
  return Object.entries(IMPATIENT).flatMap(([what, pattern]) => (pattern.test(text) ? [`${path} ${what}`] : []))
}

it('no test depends on how busy the machine is', () => {
  const paths = globSync(['test/**/*.ts', 'src/**/*.test.ts'], { cwd: root }).toSorted()
  expect(paths.length).toBeGreaterThan(100)
  expect(
    paths.flatMap((path) =>
      path.endsWith('patience.test.ts') ? [] : impatience(path, readFileSync(join(root, path), 'utf8')),
    ),
  ).toEqual([])
})

it.each([
  ["import { setTimeout as sleep } from 'node:timers/promises'"],
  ['await new Promise((resolve) => setTimeout(resolve, 100))'],
  ['const at = performance.now()\nawait stop()\nexpect(performance.now() - at).toBeLessThan(1000)'],
  ['expect(\n  Date.now() - at,\n  name,\n).toBeLessThanOrEqual(5000)'],
  ["server.listen(8080, '127.0.0.1')"],
])('a planted violation is found: %s', (text) => {
  expect(impatience('test/planted.test.ts', text)).toHaveLength(1)
  expect(impatience(WAITING, text)).toEqual([])
})

it('what lets time pass as its subject, and bounds that grow with it, are left alone', () => {
  const text = `await letPass(50)\nexpect(count).toBeLessThan(4 * (performance.now() - at))\nserver.listen(0, '127.0.0.1')`
  expect(impatience('test/planted.test.ts', text)).toEqual([])
})
