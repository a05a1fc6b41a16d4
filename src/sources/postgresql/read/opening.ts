import type { LogEvent, NoticeEvent } from '../../../model/log-event.ts'
import type { Offset, ServerIdentity } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import type { Context } from '../../source.ts'
import { tableFilter } from '../../table-pattern.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection, SideConnection } from '../connect/connection.ts'
import { identityOf, readServerFacts, type ServerFacts } from '../inspect/server-facts.ts'
import type { ResumeInput } from '../resume/loss.ts'
import { checkFresh, checkResume } from '../resume/slot-check.ts'
import { createSlot } from '../resume/slot-creation.ts'
import { checkSlotServer, checkSynced, failoverMissing } from '../resume/standby-slot.ts'
import {
  fetchTimelineHistory,
  needsHistory,
  presentTimeline,
  type TimelineHistory,
  TimelineWatch,
  timelineAt,
} from '../resume/timeline.ts'
import type { CatalogQuery } from '../tables/catalog.ts'
import { oldestRunning, rememberPresentKeys } from '../tables/present-keys.ts'
import { checkPublished, publishedOf } from '../tables/publication-check.ts'
import { LogMemory } from './log-memory.ts'

/** Where a stream begins, and what is reported when it has started. */
export interface Beginning {
  readonly offset: Offset
  readonly from: Position
  readonly server: ServerIdentity
  readonly notices: readonly NoticeEvent[]
  readonly memory: LogMemory
}

export interface OpeningAbout {
  /** The configuration with all its hosts, which decide how the errors of a standby are judged. */
  readonly configured: PostgresqlConfig
  /** The same with only the host that is read. */
  readonly config: PostgresqlConfig
  readonly context: Context
  readonly replication: PostgresConnection
  readonly side: SideConnection
  readonly query: CatalogQuery
  readonly signal: AbortSignal
}

/** Decides where a stream begins, on the connection that the stream will use: at a stored offset, or at a slot that it creates now. */
export class Opening {
  readonly #about: OpeningAbout
  #watch: TimelineWatch | null = null

  constructor(about: OpeningAbout) {
    this.#about = about
  }

  /** Of the standby that is read, once it has been inspected; null: the server is a primary. */
  get watch(): TimelineWatch | null {
    return this.#watch
  }

  /** Begins at a stored offset. Throws if the log cannot be read from there. */
  async at(offset: Offset): Promise<Beginning> {
    const { context, configured } = this.#about
    const facts = await this.#facts()
    const history = await this.#history(offset, facts)
    const input = { source: context.source, config: configured, facts, offset, history }
    const synced = checkSynced(input)
    if (synced !== null) throw synced
    const finding = checkResume(input)
    if (finding.can === 'no') throw finding.error
    const notices = [...failoverNotice(input), ...(await this.#notices(facts))]
    const from = offset.position
    const server = identityOf(facts)
    const memory = new LogMemory(offset.memory)
    if (finding.as === 'same server') return { offset, from, server, notices, memory }
    const promoted: NoticeEvent = {
      type: 'notice',
      code: 'POSTGRES_PROMOTED',
      details: { why: finding.why, offset: String(from) },
      ledger: finding.why,
    }
    return { offset, from, server, notices: [promoted, ...notices], memory }
  }

  /**
   * Creates the slot and yields its position at once, so that it is stored before anything else happens. The keys that the log will not have
   * follow with the same position: what the catalog has of them now, it can lose before the stream has begun.
   */
  async *now(): AsyncGenerator<readonly LogEvent[], Beginning> {
    const { context, configured, config, replication, side, query, signal } = this.#about
    const facts = await this.#facts()
    const input = { source: context.source, config: configured, facts, offset: null, history: null }
    const refusal = checkFresh(input) ?? checkSlotServer(input)
    if (refusal !== null) throw refusal
    const notices = await this.#notices(facts)
    const { slot, failover } = config
    const { standby } = facts
    const { log, clock } = context
    const onWait = ({ details, fix = [] }: NoticeEvent) =>
      log.warn(
        { ...details, fix },
        standby
          ? `creating the slot ${slot} waits for a record from the primary`
          : `creating the slot ${slot} waits for open transactions`,
      )
    const memory = new LogMemory()
    memory.since = await oldestRunning(query)
    const creation = { replication, side, slot, failover, standby, signal, onWait }
    const from = await createSlot(creation)
    const server = await this.#createdOn(facts, from)
    const why = `the slot ${slot} was created here: nothing before its consistent point was requested`
    const moved = { by: 'progress', why, atMs: clock.nowMs() } as const
    const offset = { position: from, server, memory: memory.document, moved }
    yield [
      { type: 'progress', offset, urgent: true },
      { type: 'notice', code: 'POSTGRES_SLOT_CREATED', details: { slot, position: String(from) } },
      ...notices,
    ]
    const { publication, tables, exclude } = config
    await rememberPresentKeys(query, { publication, slot, isWatched: tableFilter(tables, exclude) }, memory)
    const whole = { ...offset, memory: memory.document }
    yield [{ type: 'progress', offset: whole, urgent: true }]
    return { offset: whole, from, server, notices: [], memory }
  }

  /** If the standby or its upstream was promoted during the creation, the slot may be on another timeline than the one it started on. */
  async #createdOn(facts: ServerFacts, from: Position): Promise<ServerIdentity> {
    if (!facts.standby) return identityOf(facts)
    const { replication, signal } = this.#about
    const present = await presentTimeline(replication, { signal })
    if (present === facts.timeline) return identityOf(facts)
    const history = await fetchTimelineHistory(replication, present, { signal })
    return identityOf({ ...facts, timeline: timelineAt(from, present, history) })
  }

  /** Reads the server's facts with its current timeline. Starts to watch the timeline of a standby. */
  async #facts(): Promise<ServerFacts> {
    const { replication, config, context, signal } = this.#about
    const facts = await readServerFacts(replication, config, { signal })
    if (!facts.standby) return facts
    const timeline = await presentTimeline(replication, { signal })
    this.#watch = new TimelineWatch(config, context, timeline)
    return { ...facts, timeline }
  }

  async #history(offset: Offset, facts: ServerFacts): Promise<TimelineHistory | null> {
    if (!needsHistory(offset, facts)) return null
    const { replication, signal } = this.#about
    return await fetchTimelineHistory(replication, facts.timeline, { signal })
  }

  /**
   * Runs on the side connection. A walsender keeps what it learns about a table from one of our statements, and would then decode older
   * rows with the present columns. So a statement that looks up a user's table must not run on the replication connection.
   */
  async #notices(facts: ServerFacts): Promise<readonly NoticeEvent[]> {
    const { config, side, signal } = this.#about
    if (facts.publication === null) return []
    return await side.use(signal, async (connection, until) => {
      const published = await publishedOf(connection, config, facts, until)
      return published === null ? [] : checkPublished(published)
    })
  }
}

function failoverNotice(input: ResumeInput & { readonly config: PostgresqlConfig }): readonly NoticeEvent[] {
  const missing = failoverMissing(input)
  if (missing === null) return []
  const { found, fix } = missing
  const details = { slot: input.config.slot, found }
  return [{ type: 'notice', code: 'POSTGRES_SLOT_NOT_FAILOVER', details, fix: [fix] }]
}
