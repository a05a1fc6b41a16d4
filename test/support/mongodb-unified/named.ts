/** The same data with these names in place of those of the case: `db0`, `db0.coll0`. */
export function named<T>(data: T, names: Readonly<Record<string, string>>): T {
  return replaced(data, names) as T
}

function replaced(value: unknown, names: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return nameOf(value, names)
  if (Array.isArray(value)) return value.map((one) => replaced(one, names))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaced(one, names)]))
}

function nameOf(text: string, names: Readonly<Record<string, string>>): string {
  const [first = '', ...rest] = text.split('.')
  const name = names[first]
  return name === undefined ? text : [name, ...rest].join('.')
}
