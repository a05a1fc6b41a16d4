import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { fetchedFolder } from '../../src/local-server/fetched-folder.ts'
import { spawnAs, unprivilegedUser } from '../../src/local-server/unprivileged-user.ts'

/**
 * Installs SecantusDB, a server with MongoDB's wire protocol that is written in Python, with pip into a virtual environment in the cache
 * folder, where the tests find it. Nothing else of the machine changes, and pip's own configuration says where packages come from.
 *
 * Exits with 0 when the server is available, with 75 when the package index does not respond, and with 1 when it is not available for
 * another reason.
 */
const run = promisify(execFile)
const INDEX_SILENT = 75
/** The tests know what this version does. It is a preview, which pip takes only when it is asked to. */
const VERSION = '0.7.0b3'
const OLDEST_PYTHON = '(3, 10)'

const target = join(fetchedFolder(process.env), `secantusdb-${VERSION}`)
const versionFile = join(target, 'version')
const present = existsSync(versionFile) && readFileSync(versionFile, 'utf8') === VERSION
process.exitCode = present ? 0 : await fetch()
if (process.exitCode === 0) process.stdout.write(`SecantusDB (${VERSION}) is in ${target}\n`)

async function fetch(): Promise<number> {
  const python = await usablePython()
  if (python === null) {
    const found = `no Python ${OLDEST_PYTHON.replaceAll(/[()]/g, '').replace(', ', '.')} or newer with venv`
    process.stderr.write(`cannot fetch SecantusDB: ${found} (Debian: apt-get install python3-venv)\n`)
    return 1
  }
  mkdirSync(dirname(target), { recursive: true })
  const tree = mkdtempSync(`${target}.`)
  try {
    await install(python, tree)
    return 0
  } catch (error) {
    const said = outputOf(error)
    const silent = /Retrying \(|Could not fetch URL|timed out|Connection/.test(said)
    const why = silent ? 'the package index does not answer: ' : ''
    process.stderr.write(`cannot fetch SecantusDB: ${why}${said.trim().split('\n').slice(-3).join(' | ')}\n`)
    return silent ? INDEX_SILENT : 1
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}

/** Replaces the folder atomically. A virtual environment can be moved if its Python is started by its own path. */
async function install(python: string, tree: string): Promise<void> {
  chmodSync(tree, 0o755)
  await run(python, ['-m', 'venv', tree])
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--pre', `secantusdb==${VERSION}`]
  await run(join(tree, 'bin/python'), pip)
  writeFileSync(join(tree, 'version'), VERSION)
  rmSync(target, { recursive: true, force: true })
  renameSync(tree, target)
}

/**
 * The path of a Python that the user who runs the servers can run too, which is not so for one in another user's home folder. So this user
 * searches the PATH.
 */
async function usablePython(): Promise<string | null> {
  const user = await unprivilegedUser()
  const script = `import ensurepip, sys, venv; sys.version_info < ${OLDEST_PYTHON} and sys.exit(1); print(sys.executable)`
  for (const python of ['python3', '/usr/bin/python3']) {
    const path = await run(python, ['-I', '-c', script], { cwd: '/', ...spawnAs(user) }).then(
      ({ stdout }) => stdout.trim(),
      () => null,
    )
    if (path !== null) return path
  }
  return null
}

function outputOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'stderr' in error && typeof error.stderr === 'string' && error.stderr !== '' ? error.stderr : error.message
}
