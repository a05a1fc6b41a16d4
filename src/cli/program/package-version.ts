import { readFileSync } from 'node:fs'

/** The version in the package's own `package.json`, which is two folders up both from the sources and from the build output. */
export function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  const known = typeof parsed === 'object' && parsed !== null && 'version' in parsed
  return known && typeof parsed.version === 'string' ? parsed.version : 'unknown'
}
