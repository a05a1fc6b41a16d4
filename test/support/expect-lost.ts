import { expect } from 'vitest'
import { runOffbeat } from './offbeat.ts'

/** `run` and `status` report the position of the source `shop` as lost, with the evidence and a command that leads on. */
export async function expectLost(
  { folder }: { readonly folder: { readonly path: string } },
  code: string,
  evidence: RegExp,
): Promise<void> {
  const cwd = folder.path
  const run = await runOffbeat(['run', '--quiet'], { cwd })
  expect(run.code, run.stderr).toBe(3)
  expect(run.stderr).toContain(code)
  expect(run.stderr).toMatch(evidence)
  expect(run.stderr).toMatch(/offbeat offsets (?:re)?set shop/u)
  const status = await runOffbeat(['status'], { cwd })
  expect(status.code).toBe(3)
  expect(status.stdout).toContain('shop  lost')
  expect(status.stdout).toContain(code)
}
