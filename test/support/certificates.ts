import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PostgresServer } from './postgresql.ts'

/** The paths of a certificate and its key. */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' })
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** Creates a new certificate authority in the folder. */
export function makeAuthority(folder: string, name: string): KeyPair {
  const pair = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
  openssl('req', '-x509', ...NEW_KEY, '-days', '2', '-subj', `/CN=${name}`, '-keyout', pair.key, '-out', pair.cert)
  return pair
}

/** Creates a certificate signed by `by` and valid for `days` from now. `names` are in the form `DNS:...` and `IP:...`. */
export function makeCertificate(
  folder: string,
  by: KeyPair,
  about: { readonly name: string; readonly names?: string; readonly days?: number },
): KeyPair {
  const { name, names, days = 2 } = about
  const pair = { cert: join(folder, `${name}-${days}.crt`), key: join(folder, `${name}-${days}.key`) }
  const request = join(folder, `${name}.csr`)
  const extensions = join(folder, `${name}.ext`)
  writeFileSync(extensions, names === undefined ? 'basicConstraints=CA:FALSE\n' : `subjectAltName=${names}\n`)
  openssl('req', '-new', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', pair.key, '-out', request)
  const signing = ['-CA', by.cert, '-CAkey', by.key, '-CAcreateserial', '-days', String(days), '-extfile', extensions]
  openssl('x509', '-req', '-in', request, ...signing, '-out', pair.cert)
  return pair
}

/** Enables TLS on the server, or replaces its certificate. Client certificates of the authority `clients` are accepted. */
export async function serveTls(server: PostgresServer, pair: KeyPair, clients: KeyPair): Promise<void> {
  const { uid, gid } = statSync(server.dataDir)
  const files = { ssl_cert_file: pair.cert, ssl_key_file: pair.key, ssl_ca_file: clients.cert }
  for (const [setting, from] of Object.entries(files)) {
    const name = `${setting}.pem`
    const to = join(server.dataDir, name)
    copyFileSync(from, to)
    chmodSync(to, 0o600)
    chownSync(to, uid, gid)
    await server.query('postgres', `ALTER SYSTEM SET ${setting} = '${name}'`)
  }
  await server.query('postgres', 'ALTER SYSTEM SET ssl = on')
  await server.query('postgres', 'SELECT pg_reload_conf()')
}

/** Inserts lines at the beginning of pg_hba.conf. */
export async function allowFirst(server: PostgresServer, lines: readonly string[]): Promise<void> {
  const path = join(server.dataDir, 'pg_hba.conf')
  writeFileSync(path, `${lines.join('\n')}\n${readFileSync(path, 'utf8')}`)
  await server.query('postgres', 'SELECT pg_reload_conf()')
}
