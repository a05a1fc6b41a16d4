const LONGEST = 63

/** The default slot name for a database. The server accepts only lower-case letters, digits and underscores. */
export function slotNameFor(database: string): string {
  const part = database.toLowerCase().replaceAll(/[^a-z0-9_]+/gu, '_')
  return `streamkap_${part}_slot`.slice(0, LONGEST)
}

/** The same name, with a number if it is taken. */
export function freeSlotName(database: string, taken: ReadonlySet<string>): string {
  const name = slotNameFor(database)
  if (!taken.has(name)) return name
  for (let number = 2; ; number++) {
    const numbered = `${name.slice(0, LONGEST - 4)}_${number}`
    if (!taken.has(numbered)) return numbered
  }
}

/** A second slot name that differs from the configured one. */
export function otherSlot({ slot }: { readonly slot: string }): string {
  return `${slot.slice(0, LONGEST - 2)}_2`
}
