import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { environment } from './environment.ts'
import { findLeftovers } from './leftovers.ts'
import { PostgresqlKeeper } from './postgresql-keeper.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgresqlKeeper: { readonly port: number; readonly prefix: string; readonly missing: Record<number, string> }
  }
}

/**
 * Around the whole run: a folder that all temporary files of all our processes go to (TMPDIR), a mark in the environment that all
 * of them inherit, and the shared servers. At the end nothing of it may be left.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const runName = randomBytes(3).toString('hex')
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `offbeat-tests-${runName}-`)))
  chmodSync(folder, 0o755)
  environment['TMPDIR'] = folder
  environment['OFFBEAT_TEST_RUN'] = runName
  const keeper = new PostgresqlKeeper(runName)
  const missing = await keeper.missing()
  for (const [version, reason] of Object.entries(missing))
    process.stderr.write(`no PostgreSQL ${version} for tests: ${reason}\n`)
  project.provide('postgresqlKeeper', { port: await keeper.listen(), prefix: keeper.prefix, missing })
  return async () => {
    await keeper[Symbol.asyncDispose]()
    const leftovers = await findLeftovers(folder, runName)
    rmSync(folder, { recursive: true, force: true })
    if (leftovers.length === 0) return
    process.exitCode = 1
    throw new Error(`the tests left behind:\n${leftovers.join('\n')}`)
  }
}
