/** The units of PostgreSQL's settings: powers of 1024. */
const UNIT_BYTES = {
  B: 1,
  kB: 1024,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
} as const

/** A size as people write it: a number with a unit. */
export const SIZE_PATTERN = '^\\d+(\\.\\d+)?(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$'
export const SIZE_EXAMPLES = '64MB, 500GB or 1.5TB'

const sizeForm = new RegExp(SIZE_PATTERN, 'u')

/** Returns the bytes of a size such as `64MB`, which is 67,108,864 as in PostgreSQL's settings; null when the text is not a size. */
export function parseSizeBytes(text: string): number | null {
  const trimmed = text.trim()
  if (!sizeForm.test(trimmed)) return null
  const number = Number.parseFloat(trimmed)
  const unit = trimmed.replace(/^[\d.]+/u, '')
  const bytes = Object.entries(UNIT_BYTES).find(([name]) => name === unit)?.[1]
  return bytes === undefined ? null : Math.round(number * bytes)
}
