/** JSON that keeps its numbers as they are written, because a double would round some of them. */
export type ExactJson = string | boolean | null | ExactNumber | readonly ExactJson[] | ExactObject
export interface ExactObject {
  readonly [name: string]: ExactJson
}

export class ExactNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** undefined: the text is not JSON. */
export function parseExactJson(text: string): ExactJson | undefined {
  try {
    const parsed: ExactJson = JSON.parse(text, exactNumber)
    return parsed
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function exactNumber(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? new ExactNumber(context?.source ?? String(value)) : value
}

export function isExactObject(value: ExactJson | undefined): value is ExactObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
}

/** Equal values give equal text. It has no blanks; with `sorted`, the keys of objects are in sorted order. */
export function exactText(value: ExactJson, order: 'as it is' | 'sorted' = 'as it is'): string {
  if (value instanceof ExactNumber) return value.text
  if (Array.isArray(value)) return `[${value.map((one: ExactJson) => exactText(one, order)).join(',')}]`
  if (!isExactObject(value)) return JSON.stringify(value)
  const names = order === 'sorted' ? Object.keys(value).toSorted((a, b) => (a < b ? -1 : 1)) : Object.keys(value)
  return `{${names.map((name) => `${JSON.stringify(name)}:${exactText(value[name] ?? null, order)}`).join(',')}}`
}
