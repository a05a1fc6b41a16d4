const UNIT_BYTES = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
} as const

/** The form of a size as people write it: a number with its unit. */
export const SIZE_PATTERN = '^\\d+(\\.\\d+)?(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$'
export const SIZE_EXAMPLES = '64MB, 500GB, 1.5TB or 512GiB'

const sizeForm = new RegExp(SIZE_PATTERN, 'u')

/** Bytes of a size such as `64MB`: powers of 1000, and of 1024 with an `i`; null when it is not one. */
export function parseSizeBytes(text: string): number | null {
  const trimmed = text.trim()
  if (!sizeForm.test(trimmed)) return null
  const number = Number.parseFloat(trimmed)
  const unit = trimmed.replace(/^[\d.]+/u, '')
  const bytes = Object.entries(UNIT_BYTES).find(([name]) => name === unit)?.[1]
  return bytes === undefined ? null : Math.round(number * bytes)
}
