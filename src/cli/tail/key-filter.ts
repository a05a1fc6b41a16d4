import { usageError } from '../program/usage-error.ts'
import { type ExactJson, exactText, isExactObject, parseExactJson } from './exact-json.ts'

/**
 * Selects the messages with the key that `--key` names: the key as JSON, its columns in any order, or the plain value of its only column.
 */
export function keyFilter(wanted: string): (key: string) => boolean {
  const json = parseExactJson(wanted)
  if (json === undefined && wanted.trimStart().startsWith('{')) {
    throw usageError('--key begins like a JSON object and is not valid JSON.', {
      found: wanted,
      expected: `a key such as '{"id": 7}', or the value of a key of one column, such as 7`,
    })
  }
  const isWanted = valueTest(wanted, json)
  return (key) => {
    const found = parseExactJson(key)
    return found !== undefined && (isWanted(found) || onlyValueOf(found).some(isWanted))
  }
}

/** A text matches with or without JSON's quotes. `7` matches both the number and the text. */
function valueTest(wanted: string, json: ExactJson | undefined): (value: ExactJson) => boolean {
  const text = json === undefined ? null : exactText(json, 'sorted')
  return (value) => value === wanted || (text !== null && exactText(value, 'sorted') === text)
}

function onlyValueOf(key: ExactJson): readonly ExactJson[] {
  if (!isExactObject(key)) return []
  const values = Object.values(key)
  return values.length === 1 ? values : []
}
