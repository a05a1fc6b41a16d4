import { Secret } from '../model/secret.ts'
import type { ServerConfig } from './config.ts'
import { type FileAccess, readSecretFile } from './file-reference.ts'
import { isLoopback } from './loopback.ts'
import { DEFAULT_LISTEN, isToken, type ServerEntry, serverSchema } from './server-schema.ts'
import { check } from './zod-issue.ts'

/** The `server` entry of the file, with its token read. null: HTTP is off, or there is a mistake, which was added to `access.mistakes`. */
export async function readServer(raw: unknown, access: FileAccess): Promise<ServerConfig | null> {
  if (raw === undefined) return { ...DEFAULT_LISTEN, token: null, written: false }
  const checked = check<ServerEntry>(serverSchema, raw, ['server'], access.document)
  if (!checked.ok) access.mistakes.push(...checked.mistakes)
  if (!checked.ok || checked.value === 'off') return null
  const entry = checked.value
  const { host, port } = entry.listen ?? DEFAULT_LISTEN
  sayContradictions(entry, host, access)
  return { host, port, token: await readToken(entry, access), written: true }
}

function sayContradictions(entry: Exclude<ServerEntry, 'off'>, host: string, access: FileAccess): void {
  const { document, mistakes } = access
  const hasToken = entry.token !== undefined || entry.tokenFile !== undefined
  if (!hasToken && !isLoopback(host)) {
    const message = 'is beyond loopback without a token, so that any client that reaches it could read'
    const expected = 'server.token or server.tokenFile, or a loopback address such as 127.0.0.1:7070'
    mistakes.push(document.diagnose(['server', 'listen'], message, expected))
  }
  if (entry.token !== undefined && entry.tokenFile !== undefined) {
    mistakes.push(document.diagnose(['server', 'tokenFile'], 'is given together with token', 'one of the two'))
  }
}

async function readToken(
  { token, tokenFile }: Exclude<ServerEntry, 'off'>,
  access: FileAccess,
): Promise<Secret | null> {
  if (token !== undefined) return new Secret(token)
  if (tokenFile === undefined) return null
  const path = ['server', 'tokenFile']
  const content = await readSecretFile(path, tokenFile, access)
  if (content === null) return null
  const read = content.replace(/\r?\n$/, '')
  if (isToken(read)) return new Secret(read)
  const message = read === '' ? 'names a file that is empty' : 'names a file that does not contain a token'
  const expected = 'a file with only the token, on one line without spaces'
  access.mistakes.push(access.document.diagnose(path, message, expected))
  return null
}
