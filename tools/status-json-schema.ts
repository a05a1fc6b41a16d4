import { z } from 'zod'
import type { MovedBy } from '../src/model/offset.ts'
import { PULSE_HOPS } from '../src/model/pulse.ts'
import type { RunwayKind } from '../src/model/runway.ts'
import type { BlockerStatus, SourceStatus } from '../src/model/source-status.ts'
import { VERDICTS } from '../src/model/verdict.ts'

const time = z.iso.datetime()
const count = z.int().nonnegative()
const bytes = z.int()
const words = z.array(z.string()).readonly()
const text = z.string()
const fix = z.discriminatedUnion('in', [
  z.object({
    in: z.literal('database'),
    at: z.string().nullable().describe('The database where it is run; null: the one that is connected to, or none.'),
    text: text.describe('One statement, without a semicolon at its end.'),
    by: z.string().describe('Who is allowed to run it.'),
    note: z.string().exactOptional(),
    reads: z.literal(true).exactOptional().describe('It changes nothing.'),
  }),
  z.object({
    in: z.literal('shell'),
    text: text.describe('One command.'),
    note: z.string().exactOptional(),
    by: z.string().exactOptional().describe('Absent: the user who runs Offbeat.'),
  }),
  z.object({
    in: z.enum(['file', 'person', 'alternative']),
    text: text.describe(
      'file: a line of the configuration. person: something to do. alternative: the entries after it are another way.',
    ),
  }),
])
const fixes = z.array(fix).readonly().describe('What to do, in order.')
const RUNWAY_KINDS = ['unbounded', 'estimate', 'at least', 'unknown'] as const satisfies readonly RunwayKind[]
const MOVED_BY = ['commit', 'progress', 'pulse', 'snapshot', 'operator'] as const satisfies readonly MovedBy[]

const connector = z
  .object({
    running: z.boolean().describe('A process runs it, whether it streams, starts or retries.'),
    pid: z.int().nullable(),
    since: time.nullable().describe('When that process started it.'),
    reportedAt: time.nullable().describe('When the connector last reported this status; null: never.'),
    failed: z.string().nullable().describe('The code of the error that stopped it for good.'),
    retrying: z
      .object({
        what: z
          .enum(['stream', 'inspection'])
          .describe('What does not work: the stream, or inspections of the database.'),
        code: z.string(),
        message: z.string().describe('Of the last attempt.'),
        found: z.string().nullable(),
        fix: fixes,
        since: time.describe('When the first attempt failed.'),
        attempts: count,
      })
      .nullable()
      .describe('What the running connector retries; null: nothing.'),
  })
  .describe('The process that runs the source.')

const offset = z
  .object({
    position: z.string().describe("A position in the database's log."),
    storedAt: time,
    movedBy: z.enum(MOVED_BY),
    behind: z.enum(['yes', 'no', 'unknown']).describe('Whether the log has anything after the offset.'),
    lagBytes: bytes.nullable().describe('How far the log is ahead in bytes; null: not known.'),
    lagMs: z.number().nullable().describe('How far the log is ahead in time; null: not known.'),
  })
  .nullable()
  .describe('null: none is stored yet.')

const broken = z
  .object({ hop: z.enum(PULSE_HOPS), code: z.string(), found: z.string(), fix: fixes })
  .nullable()
  .describe('The hop at which layer 2 is broken, and what to run.')

const heartbeat = z.object({
  connector: z
    .object({ at: time.nullable(), intervalMs: z.number().nullable().describe('null: off.') })
    .describe('Layer 1.'),
  source: z
    .object({
      mode: z.string().describe('off, table, message or job.'),
      writtenAt: time.nullable(),
      seenAt: time.nullable(),
      roundTripMs: z.number().nullable(),
      broken,
    })
    .describe('Layer 2.'),
})

const seconds = z.number().nullable().describe('null: without an end, or not known.')

const clock = z.object({
  name: z.string(),
  ends: z.enum(['offset lost', 'disk full']),
  seconds,
  kind: z.enum(RUNWAY_KINDS),
  because: words,
})

const runway = z
  .object({ seconds, kind: z.enum(RUNWAY_KINDS), because: words, clocks: z.array(clock).readonly() })
  .describe('How long the connector could stay down; the shortest clock, and all of them.')

const blocker = z.object({
  kind: z.string(),
  name: z.string(),
  since: time.nullable(),
  holds: z
    .enum(['log', 'stream'])
    .describe('log: it retains the log. stream: the stream shows nothing later than what it has reached.'),
  heldBytes: bytes.nullable(),
  heldAtMost: z.boolean().describe('heldBytes is what was written since it began, which is the most that it can hold.'),
  details: z.record(z.string(), z.unknown()),
  fix: fixes,
})

const tables = z
  .object({
    unmatched: z
      .array(
        z
          .object({
            entry: z.string(),
            meant: z.string().nullable(),
            fix: fixes.describe('What shows tables that match, if the user may not see them.'),
          })
          .readonly(),
      )
      .readonly()
      .describe('Entries of `tables` that match no table, and the table that was probably meant.'),
    notPublished: words.describe('Watched tables that are not published, at most the first 20.'),
    notPublishedCount: count,
  })
  .nullable()
  .describe('Tables that the configuration names and of which nothing comes; null: not known.')

const status = z.object({
  name: z.string().describe('The name in the configuration.'),
  kind: z.string(),
  connector,
  verdict: z.enum(VERDICTS),
  why: z.string().describe('The reason of the verdict, for people.'),
  offset,
  heartbeat,
  runway,
  blockers: z.array(blocker).readonly().describe('What holds the log back.'),
  tables,
  lastChangeAt: time.nullable(),
  counts: z.object({ changes: count, transactions: count, heartbeats: count }),
})

/** `SourceStatus`, except for the contents of a blocker's details. */
type Described = Omit<SourceStatus, 'blockers'> & {
  readonly blockers: readonly (Omit<BlockerStatus, 'details'> & { readonly details: Record<string, unknown> })[]
}
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never

/** A field that exists only in the type or only in the schema is a type error here. */
export const describesSourceStatus: Same<z.infer<typeof status>, Described> = true

const lost = z
  .object({
    code: z.string(),
    evidence: z.array(z.object({ name: z.string(), value: z.string() })),
    missing: z.object({
      words: z.string(),
      from: z.string(),
      until: z.string().nullable(),
      since: time,
      bytes: bytes.nullable(),
    }),
    choices: z.array(
      z.object({
        what: z.string(),
        cost: z.string(),
        run: fixes,
      }),
    ),
  })
  .nullable()
  .describe('What proves that the position is lost, what is missing, and the choices; null: it is not lost.')

const document = z.object({
  version: z.literal(1),
  at: time,
  sources: z.array(status.extend({ lost })),
  starting: z
    .array(z.string())
    .optional()
    .describe('Only from /api/status: the sources whose connector has not reported yet.'),
})

/**
 * The JSON Schema of `offbeat status --json` and `/api/status`. The published form is open: later versions can add fields. The closed form
 * rejects fields that it does not describe.
 */
export function statusJsonSchema(form: 'open' | 'closed' = 'open'): object {
  const io = form === 'open' ? 'input' : 'output'
  return { title: 'Offbeat status', ...z.toJSONSchema(document, { io, unrepresentable: 'throw' }) }
}
