import { resolve } from 'node:path'
import { Secret } from '../model/secret.ts'
import type { SinkConfig } from '../sinks/sink-config.ts'
import type { ConnectionConfig, TlsConfig } from '../sources/source-config.ts'
import type { ConfiguredSource } from './config.ts'
import type { ConfigDocument } from './config-document.ts'
import type { Diagnostic } from './diagnostic.ts'

export interface FileAccess {
  /** Where relative paths start. */
  readonly folder: string
  readonly readFile: (path: string) => Promise<string>
  readonly document: ConfigDocument
  readonly mistakes: Diagnostic[]
}

export function resolveSink(sink: SinkConfig, folder: string): SinkConfig {
  if (sink.kind === 'sqlite') return { ...sink, path: resolve(folder, sink.path) }
  return { ...sink, offsets: resolve(folder, sink.offsets) }
}

/** The source with its password read from its file and its TLS files absolute; one that cannot be read is a mistake. */
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
  const content = await readReferenced(path, file, access)
  if (content === null) return null
  const password = content.replace(/\r?\n$/, '')
  if (password !== '') return new Secret(password)
  access.mistakes.push(access.document.diagnose(path, 'names a file that is empty', 'a file with the password alone'))
  return null
}

async function resolveTls(owner: readonly string[], tls: TlsConfig, access: FileAccess): Promise<TlsConfig> {
  const resolved = { ...tls }
  for (const key of ['ca', 'cert', 'key'] as const) {
    const file = tls[key]
    if (file === null) continue
    const inTls = [...owner, 'tls', key]
    const path = access.document.has(inTls) ? inTls : [...owner, 'url']
    await readReferenced(path, file, access)
    resolved[key] = resolve(access.folder, file)
  }
  return resolved
}

/** The text of a file that a key at `path` names; null when it cannot be read, which is then among the mistakes. */
export async function readReferenced(
  path: readonly string[],
  file: string,
  access: FileAccess,
): Promise<string | null> {
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

/** The system's code of a failed call, such as ENOENT. */
export function errorCode(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : 'unknown reason'
}
