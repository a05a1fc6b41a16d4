import { z } from 'zod'
import { OffbeatError } from '../model/error.ts'
import { inShell } from '../model/fix.ts'
import type { StoredOffset } from '../model/offset.ts'
import type { PositionCodec } from '../model/position.ts'

const exportedOffset = z.strictObject({
  source: z.string(),
  kind: z.string().nullable(),
  offset: z.object({
    position: z.string(),
    storedAt: z.iso.datetime(),
    movedBy: z.string(),
    why: z.string(),
    server: z.record(z.string(), z.string()).nullable(),
    memory: z.record(z.string(), z.json()),
  }),
})

const document = z.strictObject({
  version: z.literal(1),
  exportedAt: z.iso.datetime(),
  offsets: z.array(exportedOffset).min(1),
})

export type ExportedOffset = z.output<typeof exportedOffset>
export type OffsetDocument = z.output<typeof document>

/** `from` names the document in the error. */
export function parseOffsetDocument(text: string, from: string): OffsetDocument {
  const parsed = document.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new OffbeatError('OFFSET_DOCUMENT_INVALID', {
    message: `${from} is not a document of offsets.`,
    found: issue === undefined ? 'not JSON' : `at ${issue.path.join('.') || 'its top'}: ${issue.message}`,
    expected: 'what `offbeat offsets export` writes, version 1',
    fix: [inShell('offbeat offsets export --file offsets.json')],
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The position is in its canonical form. Throws POSITION_INVALID. */
export function offsetOf(
  { offset }: ExportedOffset,
  positions: PositionCodec,
  moved: StoredOffset['moved'],
): StoredOffset {
  const { server, memory } = offset
  return { position: positions.text(positions.parse(offset.position)), server, memory, moved }
}
