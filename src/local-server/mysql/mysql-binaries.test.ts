import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { findMysqlBinary, type MysqlProduct } from './mysql-binaries.ts'

/** A program that answers to --version as a server does. */
function program(path: string, version: string): string {
  writeFileSync(path, `#!/bin/sh\necho "$0  Ver ${version} for Linux on x86_64"\n`, { mode: 0o755 })
  return path
}

function find(product: MysqlProduct, env: NodeJS.ProcessEnv, version: string | null = null) {
  return findMysqlBinary({ product, version, user: null, env })
}

test('the environment names the program, and nothing else is then searched', async () => {
  using folder = temporaryFolder()
  const named = program(folder.file('named'), '9.7.4-2')
  program(folder.file('mysqld'), '8.4.1')
  const env = { MYSQLD_BINARY: named, PATH: folder.path }
  expect(await find('mysql', env)).toEqual({ product: 'mysql', version: '9.7.4', program: named })
  await expect(find('mysql', env, '8.4')).rejects.toMatchObject({
    code: 'LOCAL_SERVER_MISSING',
    found: `${named}: MySQL 9.7.4`,
    expected: 'mysqld, version 8.4',
  })
})

test('a server of the other product is passed over, and one that is too old is taken only by its number', async () => {
  using folder = temporaryFolder()
  const old = program(folder.file('mysqld'), '5.6.24')
  const mariadb = program(folder.file('mariadbd'), '10.11.19-MariaDB-0+deb12u1')
  expect(await find('mariadb', { PATH: folder.path })).toEqual({
    product: 'mariadb',
    version: '10.11.19',
    program: mariadb,
  })
  // Without the variable, this machine's own servers would be found too.
  const env = { MYSQLD_BINARY: old }
  await expect(find('mysql', env)).rejects.toMatchObject({
    found: `${old}: MySQL 5.6.24`,
    expected: 'mysqld, version 5.7 or newer',
  })
  expect((await find('mysql', env, '5.6')).program).toBe(old)
})

test('a server that is older than a demo needs is passed over', async () => {
  using folder = temporaryFolder()
  const named = program(folder.file('mysqld'), '5.7.44')
  const env = { MYSQLD_BINARY: named }
  expect((await find('mysql', env)).program).toBe(named)
  await expect(
    findMysqlBinary({ product: 'mysql', version: null, oldest: [8, 0], user: null, env }),
  ).rejects.toMatchObject({ found: `${named}: MySQL 5.7.44`, expected: 'mysqld, version 8.0 or newer' })
})

test('a beginning of the version is a whole number in it', async () => {
  using folder = temporaryFolder()
  const env = { MARIADBD_BINARY: program(folder.file('mariadbd'), '10.11.2-MariaDB') }
  await expect(find('mariadb', env, '10.1')).rejects.toMatchObject({ code: 'LOCAL_SERVER_MISSING' })
  expect((await find('mariadb', env, '10.11')).version).toBe('10.11.2')
})

test('a variable that names no program is reported with the program and why', async () => {
  using folder = temporaryFolder()
  const missing = folder.file('no-such-program')
  await expect(find('mysql', { MYSQLD_BINARY: missing })).rejects.toMatchObject({
    code: 'LOCAL_SERVER_MISSING',
    found: `${missing}: there is no such file`,
  })
  await expect(find('mysql', { MYSQLD_BINARY: folder.path })).rejects.toMatchObject({
    found: `${folder.path}: it cannot be executed`,
  })
  writeFileSync(folder.file('text'), 'not a program')
  await expect(find('mariadb', { MARIADBD_BINARY: folder.file('text') })).rejects.toMatchObject({
    found: `${folder.file('text')}: it cannot be executed`,
  })
})
