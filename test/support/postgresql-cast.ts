/**
 * The text that the server converts back to the original value, given a message's JSON and the name of the type: it translates our forms of
 * dates, bytes and arrays to PostgreSQL's. It is independent of the code that writes the JSON.
 */
export function castText(json: string, type: string): string | null {
  const element = type.replace(/(\[\])+$/, '').replace(/^.*\./, '')
  return inputOf(parseExactly(json), type.endsWith('.numbers') ? 'int4' : element)
}

type Exact = string | null | { readonly token: string } | readonly Exact[]

/** Numbers and booleans keep their exact text. */
function parseExactly(json: string): Exact {
  const marked: unknown = JSON.parse(json, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' || typeof value === 'boolean' ? { token: context?.source ?? '' } : value,
  )
  return checked(marked)
}

function checked(value: unknown): Exact {
  if (value === null || typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(checked)
  if (typeof value === 'object' && 'token' in value && typeof value.token === 'string') return { token: value.token }
  throw new TypeError('a message has no objects within values')
}

function inputOf(value: Exact, type: string): string | null {
  if (value === null) return null
  if (typeof value === 'string') return scalarInput(value, type)
  if ('token' in value) return value.token
  return arrayInput(value, type)
}

function arrayInput(items: readonly Exact[], type: string): string {
  const delimiter = type === 'box' ? ';' : ','
  const parts = items.map((item) => {
    if (item === null) return 'NULL'
    if (Array.isArray(item) && type !== 'numbers') return arrayInput(item, type)
    if (Array.isArray(item)) return `"${arrayInput(item, 'int4').replaceAll(/["\\]/g, '\\$&')}"`
    return `"${(inputOf(item, type) ?? '').replaceAll(/["\\]/g, '\\$&')}"`
  })
  return `{${parts.join(delimiter)}}`
}

function scalarInput(text: string, type: string): string {
  if (type === 'bytea' && !/^\[/.test(text)) return `\\x${Buffer.from(text, 'base64').toString('hex')}`
  if (/^(date|timestamp|timestamptz|moment|time_stamp)$/.test(type)) return plainYear(text)
  return text
}

/** Converts `+012345-…` and `-000001-…` to `12345-…` and `0002-… BC`. */
function plainYear(text: string): string {
  const [, sign, year, rest] = /^([+-]?)(\d{4,})(-.*)$/s.exec(text) ?? []
  if (year === undefined || rest === undefined) return text
  const count = Number(`${sign}${year}`)
  return count > 0 ? `${String(count).padStart(4, '0')}${rest}` : `${String(1 - count).padStart(4, '0')}${rest} BC`
}
