import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  type YAMLError,
} from 'yaml'
import { type ConfigPath, type Diagnostic, formatPath } from './diagnostic.ts'
import { type Environment, substitute, withDefaultsAlone, withoutDefaults } from './variable.ts'
import { yamlMistake } from './yaml-mistake.ts'

/** Keys whose values are never shown. */
const secretKeys = new Set(['password', 'token', 'url'])

/** A configuration file as YAML with its variables replaced. Maps a path back to its line and column in the text. */
export class ConfigDocument {
  readonly #text: string
  readonly #lines = new LineCounter()
  readonly #document: Document
  readonly #mistakes: Diagnostic[] = []
  readonly #unsound = new Set<string>()
  /** The parsed content with its variables replaced. undefined: the file is not YAML. */
  readonly tree: unknown

  constructor(text: string, environment: Environment) {
    this.#text = text
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      stringKeys: true,
      merge: true,
      logLevel: 'error',
    })
    for (const error of [...this.#document.errors, ...this.#document.warnings]) this.#addYamlError(error)
    const readable = this.#document.errors.every((error) => error.code === 'DUPLICATE_KEY')
    if (readable) this.#substituteAll(environment)
    this.tree = readable ? this.#toTree() : undefined
  }

  /** Mistakes that are found before the meaning of the keys is checked. */
  get mistakes(): readonly Diagnostic[] {
    return this.#mistakes
  }

  /** A mistake at `path`. It is located at the value, at the key with `at: 'key'`, or at the nearest enclosing node that the file has. */
  diagnose(path: ConfigPath, message: string, expected: string | null, at: 'key' | 'value' = 'value'): Diagnostic {
    const { node, key, depth } = this.#find(path)
    const range = at === 'key' || depth < path.length || node === null ? (key?.range ?? node?.range) : node.range
    const found = depth < path.length || at === 'key' ? null : describe(node, path)
    return { path: formatPath(path), ...this.#location(range?.[0] ?? 0), message, found, expected }
  }

  /** Whether the mistake is about a value that could not be read. Reporting it too would be noise. */
  isUnsound(diagnostic: Diagnostic): boolean {
    return this.#unsound.has(diagnostic.path)
  }

  has(path: ConfigPath): boolean {
    return this.#find(path).depth === path.length
  }

  /** Paths of the values that contain a secret in the file's own text, not from a variable. */
  writtenSecrets(): readonly ConfigPath[] {
    const found: ConfigPath[] = []
    visit(this.#document, {
      Scalar: (key, node, ancestors) => {
        if (key === 'key' || typeof node.value !== 'string') return
        const path = pathOf(ancestors as readonly Ancestor[], key)
        const name = String(path.at(-1))
        const written = withDefaultsAlone(variables.get(node) ?? node.value)
        if (secretKeys.has(name) && holdsSecret(name, written)) found.push(path)
      },
    })
    return found
  }

  #addYamlError(error: YAMLError): void {
    const location = this.#location(error.pos[0])
    const line = this.#text.split('\n')[location.line - 1] ?? ''
    // The parser often reports further errors for the rest of a broken line.
    if (this.#mistakes.some((each) => each.line === location.line)) return
    this.#mistakes.push({ path: '', ...location, message: yamlMistake(error, line), found: null, expected: null })
  }

  #substituteAll(environment: Environment): void {
    visit(this.#document, {
      Scalar: (key, node, ancestors) => {
        if (key !== 'key' && typeof node.value === 'string' && node.value.includes('${')) {
          this.#substituteOne(node, pathOf(ancestors as readonly Ancestor[], key), environment)
        }
      },
    })
  }

  #substituteOne(node: Scalar, path: ConfigPath, environment: Environment): void {
    const written = String(node.value)
    const result = substitute(written, environment, path.at(-1) === 'url')
    variables.set(node, written)
    node.value = result.text
    for (const name of result.unset) {
      const message = `needs the environment variable ${name}, which is not set`
      this.#addUnsound(
        node,
        path,
        `\${${name}`,
        message,
        `${name} in the environment, or a default: \${${name}:-default}`,
      )
    }
    if (result.malformed > 0) {
      this.#addUnsound(
        node,
        path,
        '${',
        'has a ${ that does not begin a variable',
        `\${NAME} or \${NAME:-default}; $\${ for the characters \${`,
      )
    }
  }

  #addUnsound(node: Scalar, path: ConfigPath, sought: string, message: string, expected: string): void {
    const [start, end] = node.range ?? [0, 0]
    const at = this.#text.slice(start, end).indexOf(sought)
    this.#mistakes.push({
      path: formatPath(path),
      ...this.#location(start + Math.max(at, 0)),
      message,
      found: null,
      expected,
    })
    this.#unsound.add(formatPath(path))
  }

  #toTree(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: 100 })
    } catch {
      const message = 'expands too far through its aliases'
      this.#mistakes.push({ path: '', line: 1, column: 1, message, found: null, expected: null })
      return undefined
    }
  }

  #find(path: ConfigPath): { node: Node | null; key: Scalar | null; depth: number } {
    let node: Node | null = this.#document.contents
    let key: Scalar | null = null
    for (const [depth, step] of path.entries()) {
      const next = this.#child(node, step)
      if (next === null) return { node, key, depth }
      node = next.node
      key = next.key
    }
    return { node, key, depth: path.length }
  }

  #child(parent: Node | null, step: string | number): { node: Node | null; key: Scalar | null } | null {
    const node = isAlias(parent) ? (parent.resolve(this.#document) ?? null) : parent
    if (isSeq(node)) {
      const item = typeof step === 'number' ? node.items[step] : undefined
      return item === undefined ? null : { node: item as Node, key: null }
    }
    if (!isMap(node)) return null
    const pair = node.items.findLast((each) => isScalar(each.key) && each.key.value === step)
    return pair === undefined ? null : { node: pair.value as Node | null, key: pair.key as Scalar }
  }

  #location(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
}

/** In a URL only the password is secret. */
function holdsSecret(key: string, written: string): boolean {
  if (key !== 'url') return written !== ''
  return /:\/\/[^/?#@:]*:[^/?#]+@/.test(written) || /[?&]\w*password=[^&]/i.test(written)
}

/** The text of a scalar before its variables were replaced. */
const variables = new WeakMap<Scalar, string>()

type Ancestor = Document | Node | Pair

function pathOf(ancestors: readonly Ancestor[], index: number | 'key' | 'value' | null): ConfigPath {
  const path: (string | number)[] = []
  for (const [at, ancestor] of ancestors.entries()) {
    if (isSeq(ancestor)) {
      const child = ancestors[at + 1]
      path.push(child === undefined ? Number(index) : ancestor.items.indexOf(child))
    } else if ('key' in ancestor && isScalar(ancestor.key)) path.push(String(ancestor.key.value))
  }
  return path
}

/** The value as written in the file. null: it may be a secret. */
function describe(node: Node | null, path: ConfigPath): string | null {
  if (secretKeys.has(String(path.at(-1)))) return null
  if (isMap(node)) return 'a section'
  if (isSeq(node)) return 'a list'
  if (!isScalar(node) || node.value === null) return node === null || isScalar(node) ? 'nothing' : null
  const written = withoutDefaults(variables.get(node) ?? node.source ?? String(node.value))
  if (written.includes('://') || written.includes('@')) return null
  // This may be `user:password` with the @ missing.
  if ((path.at(-1) === 'host' || path.at(-2) === 'hosts') && written.includes(':')) return null
  const shown = written.length > 60 ? `${written.slice(0, 57)}...` : written
  return typeof node.value === 'string' ? JSON.stringify(shown) : shown
}
