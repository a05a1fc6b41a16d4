import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { environment } from './environment.ts'
import { findLeftovers } from './leftovers.ts'
import { type MongodbAvailability, MongodbKeeper } from './mongodb-keeper.ts'
import { MysqlKeeper } from './mysql-keeper.ts'
import { PostgresqlKeeper } from './postgresql-keeper.ts'
import { makeRunFolder } from './run-folder.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgresqlKeeper: { readonly port: number; readonly prefix: string; readonly missing: Record<number, string> }
    mysqlKeeper: { readonly port: number; readonly prefix: string; readonly missing: Record<string, string> }
    mongodbKeeper: { readonly port: number; readonly prefix: string } & MongodbAvailability
  }
}

/**
 * Prepares the whole run: a folder for the temporary files of all our processes (TMPDIR), a mark in the environment that they inherit, and
 * the shared servers. At the end nothing of it may be left.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const runName = randomBytes(3).toString('hex')
  const folder = makeRunFolder(`tests-${runName}`)
  environment['TMPDIR'] = folder
  environment['OFFBEAT_TEST_RUN'] = runName
  // Without a compile cache, each worker thread of a store has to strip the types from its modules again. The command line has its cache in
  // the same folder.
  environment['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../../node_modules/.cache/offbeat', import.meta.url))
  const keepers = await Promise.all([
    keepPostgresql(project, runName),
    keepMysql(project, runName),
    keepMongodb(project, runName),
  ])
  return async () => {
    await Promise.all(keepers.map((keeper) => keeper[Symbol.asyncDispose]()))
    const leftovers = await findLeftovers(folder, runName)
    rmSync(folder, { recursive: true, force: true })
    if (leftovers.length === 0) return
    process.exitCode = 1
    throw new Error(`the tests left behind:\n${leftovers.join('\n')}`)
  }
}

async function keepPostgresql(project: TestProject, runName: string): Promise<AsyncDisposable> {
  const keeper = new PostgresqlKeeper(runName)
  const missing = await keeper.missing()
  for (const [version, reason] of Object.entries(missing)) report(`no PostgreSQL ${version} for tests: ${reason}`)
  project.provide('postgresqlKeeper', { port: await keeper.listen(), prefix: keeper.prefix, missing })
  return keeper
}

async function keepMysql(project: TestProject, runName: string): Promise<AsyncDisposable> {
  const keeper = new MysqlKeeper()
  const missing = await keeper.missing()
  for (const [name, reason] of Object.entries(missing)) report(`no ${name} for tests: ${reason}`)
  project.provide('mysqlKeeper', { port: await keeper.listen(), prefix: `t_${runName}_`, missing })
  return keeper
}

async function keepMongodb(project: TestProject, runName: string): Promise<AsyncDisposable> {
  const prefix = `t_${runName}_`
  const keeper = new MongodbKeeper(prefix)
  const available = await keeper.available()
  if (available.shared !== null) report(`no MongoDB for tests: ${available.shared}`)
  project.provide('mongodbKeeper', { port: await keeper.listen(), prefix, ...available })
  return keeper
}

function report(line: string): void {
  process.stderr.write(`${line}\n`)
}
