import { chmodSync, copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fetchedTree } from '../../tools/fetch/fetched-server.ts'
import { environment } from './environment.ts'
import { type MysqlServer, startMysql } from './mysql.ts'
import { type MysqlVersion, mysqlServerKind } from './mysql-versions.ts'
import type { TemporaryFolder } from './temporary-folder.ts'

const TREE = fetchedTree('mysql-9', environment)
const KEYRING = 'component_keyring_file'
const COMPONENT = join(TREE, `usr/lib/mysql/plugin/${KEYRING}.so`)

/** Why there is no server of this version that can encrypt its log. null: there is one. */
export function encryptionMissing(version: MysqlVersion): string | null {
  if (version === 'mysql-9') return existsSync(COMPONENT) ? null : `there is no ${COMPONENT}`
  // The others have no plugins in what is fetched.
  return version === 'mariadb-10.11' ? null : `${version} has no file_key_management`
}

/** Starts a server that encrypts its binary log. Its keys are in the folder. */
export async function startEncryptedMysql(version: MysqlVersion, folder: TemporaryFolder): Promise<MysqlServer> {
  chmodSync(folder.path, 0o755)
  if (mysqlServerKind(version).product === 'mariadb')
    return await startMysql({ version, settings: mariadbKeys(folder) })
  const program = treeWithKeyring(folder)
  return await startMysql({
    version,
    program,
    settings: { binlog_encryption: 'ON', plugin_dir: folder.file('plugins') },
  })
}

function mariadbKeys(folder: TemporaryFolder) {
  const file = folder.file('keys')
  writeFileSync(file, `1;${'0123456789abcdef'.repeat(4)}\n`)
  return { plugin_load_add: 'file_key_management', file_key_management_filename: file, encrypt_binlog: 'ON' }
}

/**
 * The server reads which keyring it loads from a file beside its program, and the keyring's settings from a file beside its library. So that
 * the fetched server stays as it is, this is a tree of links to it. Returns the program.
 */
function treeWithKeyring(folder: TemporaryFolder): string {
  const program = folder.file('usr/sbin/mysqld')
  for (const name of ['usr/sbin', 'plugins']) mkdirSync(folder.file(name), { recursive: true })
  // The server's user creates files in it.
  mkdirSync(folder.file('keyring'))
  chmodSync(folder.file('keyring'), 0o777)
  for (const name of ['program', 'lib', 'share']) symlinkSync(join(TREE, 'usr', name), folder.file(`usr/${name}`))
  copyFileSync(join(TREE, 'usr/sbin/mysqld'), program)
  copyFileSync(COMPONENT, folder.file(`plugins/${KEYRING}.so`))
  writeFileSync(folder.file('usr/sbin/mysqld.my'), JSON.stringify({ components: `file://${KEYRING}` }))
  const settings = { path: folder.file('keyring/keys'), read_only: false }
  writeFileSync(folder.file(`plugins/${KEYRING}.cnf`), JSON.stringify(settings))
  return program
}
