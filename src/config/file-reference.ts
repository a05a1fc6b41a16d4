import { resolve } from 'node:path'
import { Secret } from '../model/secret.ts'
import type { SinkConfig } from '../sinks/sink-config.ts'
import type { ConnectionConfig, TlsConfig } from '../sources/source-config.ts'
import type { ConfiguredSource } from './config.ts'
import type { ConfigDocument } from './config-document.ts'
import type { Diagnostic } from './diagnostic.ts'
import { type FileRights, isForOthers, modeText, PRIVATE_MODE } from './file-rights.ts'

export interface FileAccess {
  /** The folder that relative paths start from. */
  readonly folder: string
  readonly readFile: (path: string) => Promise<string>
  readonly rightsOf: (path: string) => Promise<FileRights>
  readonly document: ConfigDocument
  readonly mistakes: Diagnostic[]
  /** Warnings about secrets in files that others can read. */
  readonly exposed: Diagnostic[]
}

export function resolveSink(sink: SinkConfig, folder: string): SinkConfig {
  if (sink.kind === 'sqlite') return { ...sink, path: resolve(folder, sink.path) }
  return { ...sink, offsets: resolve(folder, sink.offsets) }
}

/** The source with its password read from its file and with absolute paths of its TLS files. A file that cannot be read is a mistake. */
export async function resolveSource(source: ConfiguredSource, access: FileAccess): Promise<ConfiguredSource> {
  const { connection, primary } = source.config
  const path = ['sources', source.name]
  const resolved = await resolveConnection(path, connection, access)
  const resolvedPrimary = primary === null ? null : await resolveConnection([...path, 'primary'], primary, access)
  return { ...source, config: { ...source.config, connection: resolved, primary: resolvedPrimary } }
}

async function resolveConnection(
  path: readonly string[],
  { passwordFile, ...connection }: ConnectionConfig,
  access: FileAccess,
): Promise<ConnectionConfig> {
  return {
    ...connection,
    ...(passwordFile === undefined ? {} : { passwordFile: resolve(access.folder, passwordFile) }),
    password: passwordFile === undefined ? connection.password : await readPassword(path, passwordFile, access),
    tls: await resolveTls(path, connection.tls, access),
  }
}

async function readPassword(owner: readonly string[], file: string, access: FileAccess): Promise<Secret | null> {
  const path = [...owner, 'passwordFile']
  const content = await readSecretFile(path, file, access)
  if (content === null) return null
  const password = content.replace(/\r?\n$/, '')
  if (password !== '') return new Secret(password)
  access.mistakes.push(access.document.diagnose(path, 'names a file that is empty', 'a file with only the password'))
  return null
}

async function resolveTls(owner: readonly string[], tls: TlsConfig, access: FileAccess): Promise<TlsConfig> {
  const resolved = { ...tls }
  for (const key of ['ca', 'cert', 'key'] as const) {
    const file = tls[key]
    if (file === null) continue
    const inTls = [...owner, 'tls', key]
    const path = access.document.has(inTls) ? inTls : [...owner, 'url']
    const content = await readReferenced(path, file, access)
    if (key === 'key' && content !== null) await refuseOpenKey(path, file, access)
    resolved[key] = resolve(access.folder, file)
  }
  return resolved
}

/** A private key that others can read is a mistake, because libpq would refuse it too. */
async function refuseOpenKey(path: readonly string[], file: string, access: FileAccess): Promise<void> {
  const at = resolve(access.folder, file)
  const rights = await openRights(at, access)
  if (rights === null) return
  const message = `names a private key that others can read (mode ${modeText(rights)})`
  access.mistakes.push(access.document.diagnose(path, message, `${PRIVATE_MODE}: chmod 600 ${at}`))
}

/**
 * Like `readReferenced`, for a secret. If others can read the file, that is only a warning, because files that are mounted in a container
 * often have such a mode.
 */
export async function readSecretFile(
  path: readonly string[],
  file: string,
  access: FileAccess,
): Promise<string | null> {
  const content = await readReferenced(path, file, access)
  if (content === null) return null
  const at = resolve(access.folder, file)
  const rights = await openRights(at, access)
  if (rights !== null) {
    const message = `names a file that others can read (mode ${modeText(rights)})`
    const expected = `${PRIVATE_MODE}: chmod 600 ${at}, or defaultMode: 0400 where Kubernetes mounts it`
    access.exposed.push(access.document.diagnose(path, message, expected))
  }
  return content
}

/** Warns of secrets that are written in the configuration file itself, if others can read it. */
export async function checkOwnRights(file: string, access: FileAccess): Promise<void> {
  const written = access.document.writtenSecrets()
  const rights = written.length === 0 ? null : await openRights(file, access)
  if (rights === null) return
  const expected = `a variable such as \${PASSWORD}, or a file that only its owner can read: chmod 600 ${file}`
  for (const path of written) {
    const message = `contains a secret in a file that others can read (mode ${modeText(rights)})`
    access.exposed.push(access.document.diagnose(path, message, expected))
  }
}

/**
 * The rights of a file if others can use it, otherwise null. Also null if the file has just disappeared, for example while it is being
 * replaced.
 */
async function openRights(path: string, access: FileAccess): Promise<FileRights | null> {
  const rights = await access.rightsOf(path).catch(() => null)
  return rights !== null && isForOthers(rights) ? rights : null
}

/** The text of the file that the key at `path` names. null: it cannot be read, and that was added to the mistakes. */
async function readReferenced(path: readonly string[], file: string, access: FileAccess): Promise<string | null> {
  try {
    return await access.readFile(resolve(access.folder, file))
  } catch (thrown) {
    const code = errorCode(thrown)
    const message = `names a file that cannot be read (${code})`
    const expected = "a readable file; a relative path starts at the configuration file's folder"
    access.mistakes.push(access.document.diagnose(path, message, expected))
    return null
  }
}

/** The system's error code of a failed call, such as ENOENT. */
export function errorCode(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : 'unknown reason'
}
