/** A parsed JSON value. Integers are bigint because doubles would round those beyond 2^53. */
export type Exact = null | boolean | number | bigint | string | readonly Exact[] | { readonly [name: string]: Exact }

export function parseExactly(json: string): Exact {
  const parsed: unknown = JSON.parse(json, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? '') : value,
  )
  return checked(parsed)
}

function checked(value: unknown): Exact {
  if (value === null || ['boolean', 'number', 'bigint', 'string'].includes(typeof value)) return value as Exact
  if (Array.isArray(value)) return value.map(checked)
  return Object.fromEntries(Object.entries(value ?? {}).map(([name, member]) => [name, checked(member)]))
}

export function exactJson(value: Exact): string {
  if (typeof value === 'bigint') return String(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(exactJson).join(',')}]`
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}:${exactJson(member)}`)
    .join(',')}}`
}

function isList(value: Exact): value is readonly Exact[] {
  return Array.isArray(value)
}

/** A member of an object. undefined: the member does not exist, or the value is not an object. */
export function memberOf(value: Exact | undefined, name: string): Exact | undefined {
  if (value === null || typeof value !== 'object' || isList(value)) return
  return value[name]
}
