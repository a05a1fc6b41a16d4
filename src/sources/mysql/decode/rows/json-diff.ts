import type { EventCursor } from '../framing/event-cursor.ts'
import { type JsonContainer, type JsonNode, JsonTreeError, jsonTreeBytes, parseJsonTree } from './json-tree.ts'

/*
 * Changes of a JSON document, which MySQL logs in place of the new document (`binlog_row_value_options = PARTIAL_JSON`):
 *
 *   diffs   diff*
 *   diff    operation:u8 pathLength:lenenc path [valueLength:lenenc value]     no value: remove
 *   path    `$` (`.name` | `."name"` | `[index]`)*
 */

const REPLACE = 0
const INSERT = 1
const REMOVE = 2

type Leg = Buffer | number

/** The new document. `diffs`: a cursor over them, for which errors are thrown. `before`: the old document. */
export function applyJsonDiffs(before: Buffer, diffs: EventCursor): Buffer {
  try {
    let tree = parseJsonTree(before)
    while (diffs.left > 0) tree = applyDiff(tree, diffs)
    return jsonTreeBytes(tree)
  } catch (thrown) {
    if (thrown instanceof JsonTreeError) throw diffs.invalid(`a change of a JSON document: ${thrown.message}`)
    throw thrown
  }
}

function applyDiff(tree: JsonNode, diffs: EventCursor): JsonNode {
  const operation = diffs.u8()
  const legs = pathLegs(diffs.text(diffs.lenenc()))
  if (operation > REMOVE) throw new JsonTreeError(`the unknown operation ${operation}`)
  const value = operation === REMOVE ? null : parseJsonTree(diffs.copy(diffs.lenenc()))
  const last = legs.pop()
  if (last === undefined) {
    if (operation === REPLACE && value !== null) return value
    throw new JsonTreeError('a whole document is inserted or removed')
  }
  const parent = legs.reduce(childOf, tree)
  change(containerOf(parent, last), last, value, operation)
  return tree
}

function change({ entries, kind }: JsonContainer, leg: Leg, value: JsonNode | null, operation: number): void {
  const at = indexOf({ entries, kind }, leg)
  if (operation === INSERT && value !== null) {
    if (typeof leg === 'number') entries.splice(Math.min(leg, entries.length), 0, { key: Buffer.alloc(0), value })
    else if (at < 0) entries.splice(insertionIndex(entries, leg), 0, { key: leg, value })
    else throw new JsonTreeError('a member that exists is inserted')
    return
  }
  const entry = entries[at]
  if (entry === undefined) throw new JsonTreeError('a value that does not exist is changed')
  if (value === null) entries.splice(at, 1)
  else entry.value = value
}

function childOf(node: JsonNode, leg: Leg): JsonNode {
  const container = containerOf(node, leg)
  const entry = container.entries[indexOf(container, leg)]
  if (entry === undefined) throw new JsonTreeError('a path leads to nothing')
  return entry.value
}

function containerOf(node: JsonNode, leg: Leg): JsonContainer {
  if (node.kind === (typeof leg === 'number' ? 'array' : 'object') && 'entries' in node) return node
  throw new JsonTreeError('a path leads through another kind of value')
}

function indexOf({ entries }: JsonContainer, leg: Leg): number {
  return typeof leg === 'number' ? leg : entries.findIndex(({ key }) => key.equals(leg))
}

/** The server orders members by the length of their keys, then by their bytes. */
function insertionIndex(entries: JsonContainer['entries'], key: Buffer): number {
  const at = entries.findIndex(({ key: other }) =>
    other.length === key.length ? other.compare(key) > 0 : other.length > key.length,
  )
  return at < 0 ? entries.length : at
}

const LEG = /\.("(?:[^"\\]|\\.)*")|\.([\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*)|\[(\d{1,10})\]/uy

function pathLegs(path: string): Leg[] {
  const legs: Leg[] = []
  let at = 1
  while (at < path.length) {
    LEG.lastIndex = at
    const [whole = '', quoted, name, index] = LEG.exec(path) ?? []
    if (whole === '') break
    legs.push(index === undefined ? Buffer.from(quoted === undefined ? (name ?? '') : unquoted(quoted)) : Number(index))
    at += whole.length
  }
  if (path.startsWith('$') && at === path.length) return legs
  throw new JsonTreeError('a path that cannot be read')
}

function unquoted(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'string') return value
  } catch {
    // Reported below.
  }
  throw new JsonTreeError('a path that cannot be read')
}
