const MOST_NAMED = 20

/** A list in one line, without the names beyond the first ones. */
export function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
