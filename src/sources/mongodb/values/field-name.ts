/** The bytes of a field's name, to compare with. */
export function fieldName(name: string): Uint8Array {
  return Uint8Array.from(Buffer.from(name, 'latin1'))
}

export function isNamed(from: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  const count = name.length
  if (end - start !== count) return false
  for (let i = 0; i < count; i++) if (from[start + i] !== name[i]) return false
  return true
}
