import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { mongodbArguments } from './mongodb-arguments.ts'
import { findMongodbBinary } from './mongodb-binaries.ts'

/** A program that reports its version as a server does. */
function program(path: string, answer: string): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\necho "${answer}"\n`, { mode: 0o755 })
  return path
}

function find(env: NodeJS.ProcessEnv) {
  return findMongodbBinary({ user: null, env })
}

test('the environment names the program, and nothing else is then searched', async () => {
  using folder = temporaryFolder()
  const named = program(folder.file('named'), 'db version v8.0.12')
  program(folder.file('mongod'), 'db version v7.0.1')
  expect(await find({ MONGOD_BINARY: named, PATH: folder.path })).toEqual({
    product: 'mongod',
    version: '8.0.12',
    program: named,
  })
})

test('a mongod on the PATH is preferred to a fetched server', async () => {
  using folder = temporaryFolder()
  const mongod = program(folder.file('mongod'), 'db version v4.4.29')
  expect(await find({ PATH: folder.path, XDG_CACHE_HOME: folder.path })).toMatchObject({ program: mongod })
})

test('a server that is too old is passed over', async () => {
  using folder = temporaryFolder()
  const named = program(folder.file('old'), 'db version v4.2.25')
  await expect(find({ MONGOD_BINARY: named })).rejects.toMatchObject({
    code: 'LOCAL_SERVER_MISSING',
    found: `${named}: MongoDB 4.2.25`,
    expected: 'mongod, version 4.4 or newer',
  })
})

test('a variable that names no program is reported with the program and why', async () => {
  using folder = temporaryFolder()
  const missing = folder.file('no-such-program')
  await expect(find({ MONGOD_BINARY: missing })).rejects.toMatchObject({
    message: 'the variable MONGOD_BINARY names no server of MongoDB',
    found: `${missing}: there is no such file`,
  })
  await expect(find({ MONGOD_BINARY: folder.path })).rejects.toMatchObject({
    found: `${folder.path}: it cannot be executed`,
  })
  const odd = program(folder.file('odd'), 'hello')
  await expect(find({ MONGOD_BINARY: odd })).rejects.toMatchObject({
    found: `${odd}: unexpected answer to --version: hello`,
  })
})

test('a mongod is started on loopback as a replica set, with what the test sets', () => {
  const launch = { dataDir: '/d', auth: true, keyFile: '/k', configFile: '/c', tls: null }
  const line = mongodbArguments('mongod', { ...launch, noopSeconds: 2, smallOplog: true, testCommands: true }).join(' ')
  expect(line).toContain('--dbpath /d --bind_ip 127.0.0.1')
  expect(line).toContain('--setParameter periodicNoopIntervalSecs=2')
  expect(line).toContain('--setParameter enableTestCommands=1')
  expect(line).toContain('--replSet offbeat --oplogSize 1')
  expect(line).toContain('--auth --keyFile /k')
  expect(mongodbArguments('mongod', { ...launch, standalone: true })).not.toContain('--replSet')
})
