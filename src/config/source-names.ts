import { parse } from 'yaml'
import { SOURCE_NAME_PATTERN } from './config-schema.ts'

/** The names of the sources in the text of a configuration, even if the rest of it has mistakes. Empty if the text is not YAML. */
export function sourceNamesIn(text: string): readonly string[] {
  const tree = parsed(text)
  const sources = typeof tree === 'object' && tree !== null && 'sources' in tree ? tree.sources : null
  if (typeof sources !== 'object' || sources === null || Array.isArray(sources)) return []
  return Object.keys(sources).filter((name) => new RegExp(SOURCE_NAME_PATTERN, 'u').test(name))
}

function parsed(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent' })
  } catch {
    return null
  }
}
