import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { spawnAs, unprivilegedUser } from '../../src/local-server/unprivileged-user.ts'
import { fetchPackage } from './installed-package.ts'

/**
 * Installs SecantusDB, a server with MongoDB's wire protocol that is written in Python, with pip into a virtual environment in the cache
 * folder, where the tests find it. Pip's own configuration says where packages come from.
 */
const run = promisify(execFile)
/** The tests know what this version does. It is a preview, which pip takes only when it is asked to. */
const VERSION = '0.7.0b3'
const OLDEST_PYTHON = '(3, 10)'

process.exitCode = await fetchPackage({
  title: 'SecantusDB',
  folder: `secantusdb-${VERSION}`,
  version: VERSION,
  silent: /Retrying \(|Could not fetch URL|timed out|Connection/,
  install,
})

/** A virtual environment can be moved if its Python is started by its own path. */
async function install(tree: string): Promise<void> {
  const python = await usablePython()
  if (python === null) {
    const oldest = OLDEST_PYTHON.replaceAll(/[()]/g, '').replace(', ', '.')
    throw new Error(`no Python ${oldest} or newer with venv (Debian: apt-get install python3-venv)`)
  }
  await run(python, ['-m', 'venv', tree])
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--pre', `secantusdb==${VERSION}`]
  await run(join(tree, 'bin/python'), pip)
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
