import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Runs apt with its own lists and sources in a folder. The machine's installed packages and sources are not changed. */
export class PrivateApt {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Uses `suites` of the mirror that the machine itself uses. Rejects when there is no apt, or when no Debian mirror is among its sources.
   */
  static async in(folder: string, suites: readonly string[]): Promise<PrivateApt> {
    for (const name of ['lists/partial', 'archives/partial', 'etc/apt.conf.d', 'etc/preferences.d'])
      mkdirSync(join(folder, name), { recursive: true })
    const signed = existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : ''
    const site = await mirror()
    const sources = suites.map((suite) => `deb ${signed}${site} ${suite} main\n`)
    writeFileSync(join(folder, 'sources.list'), sources.join(''))
    writeFileSync(join(folder, 'status'), '')
    writeFileSync(join(folder, 'apt.conf'), configuration(folder))
    return new PrivateApt(folder)
  }

  /** Reads the mirror's package lists. Rejects when the mirror does not respond. */
  async update(): Promise<void> {
    await this.#run('apt-get', ['update', '--error-on=any', '--quiet=2'])
  }

  /** The version that would be installed; null when there is no such package. */
  async candidate(name: string): Promise<string | null> {
    const found = /^ {2}Candidate: (\S+)$/m.exec(await this.#run('apt-cache', ['policy', name]))?.[1]
    return found === undefined || found === '(none)' ? null : found
  }

  /** The packages and all libraries that they depend on, directly or indirectly. */
  async withLibraries(names: readonly string[]): Promise<string[]> {
    const found = new Set<string>()
    let next = [...names]
    while (next.length > 0) {
      for (const one of next) found.add(one)
      const answer = await this.#run('apt-cache', ['depends', '--installed=false', '--important', ...next])
      const needed = [...answer.matchAll(/^ [ |](?:Pre)?Depends: (\S+)$/gm)].map(([, one = '']) => one)
      next = [...new Set(needed)].filter((one) => /^(lib|zlib)/.test(one) && !found.has(one))
    }
    return [...found]
  }

  /** Downloads the packages into `folder` as files `*.deb`. */
  async download(names: readonly string[], folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true })
    await this.#run('apt-get', ['download', '--quiet=2', ...names], folder)
  }

  async #run(program: string, args: readonly string[], cwd = this.#folder): Promise<string> {
    const env = { ...process.env, LC_ALL: 'C', APT_CONFIG: join(this.#folder, 'apt.conf') }
    return (await run(program, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 })).stdout
  }
}

/** The mirror of Debian itself, not of its security updates, which are on another server. */
async function mirror(): Promise<string> {
  const args = ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages']
  const sites = (await run('apt-get', args)).stdout.split('\n')
  const found = sites.find((site) => basename(site) === 'debian')
  if (found === undefined) throw new Error('the sources of apt name no mirror of Debian')
  return found
}

function configuration(folder: string): string {
  const settings = {
    'Dir::State': folder,
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': folder,
    'Dir::Etc': join(folder, 'etc'),
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::trustedparts': '/etc/apt/trusted.gpg.d',
    'Acquire::Languages': 'none',
    'Acquire::Check-Valid-Until': 'false',
    // Without this, apt running as root would download as a user that cannot write here.
    'APT::Sandbox::User': 'root',
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name} "${value}";\n`)
    .join('')
}
