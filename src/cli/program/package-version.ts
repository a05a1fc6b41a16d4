import { readFileSync } from 'node:fs'

/** The version in the package's own `package.json`, which lies two folders up from the sources and from what is built of them. */
export function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  const known = typeof parsed === 'object' && parsed !== null && 'version' in parsed
  return known && typeof parsed.version === 'string' ? parsed.version : 'unknown'
}
