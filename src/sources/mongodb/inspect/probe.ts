import type { Position } from '../../../model/position.ts'
import { beatTimeoutMs, openSideProbe, type ProbeParts, writesBeats } from '../../connect/side-probe.ts'
import { outsideChain } from '../../heartbeat/job-chain.ts'
import { probeSilence } from '../../heartbeat/probe-silence.ts'
import type { Context, Probe } from '../../source.ts'
import { beat } from '../beat/heartbeat-beat.ts'
import { heartbeatNamespace } from '../beat/heartbeat-collection.ts'
import { jobTrace } from '../beat/job-trace.ts'
import { outsideJobFixes } from '../beat/outside-job-fixes.ts'
import { unseenBecause } from '../beat/unseen-beat.ts'
import { MONGODB_DEFAULTS, type MongodbConfig } from '../config.ts'
import { type MongodbConnection, mongodbBesides } from '../connect/connection.ts'
import { checkResume } from '../resume/check-resume.ts'
import { readIdentity } from '../resume/identity.ts'
import { watchedNow } from './collections.ts'
import { inspectionMemory, inspectLog } from './inspect.ts'

export async function openProbe(
  config: MongodbConfig,
  { source, log, clock }: Pick<Context, 'source' | 'log' | 'clock'>,
  signal: AbortSignal = new AbortController().signal,
): Promise<Probe> {
  const memory = inspectionMemory(config, source)
  return await openSideProbe(
    {
      inspection: mongodbBesides(config, source),
      inspect: async (connection, { offset, signal: until }) =>
        await inspectLog({
          connection,
          config,
          memory,
          monotonicMs: clock.monotonicMs(),
          identity: await readIdentity(connection, until),
          offset,
          resume: (stored) => checkResume(connection, { config, source, offset: stored }, until),
          signal: until,
        }),
      offsetAt: async (connection, { signal: until }) => ({
        server: await readIdentity(connection, until),
        memory: {},
      }),
      tables: (connection, until) => watchedNow(connection, config, until),
      silence: silenceOf(config, { source, clock }),
      beats: writesBeats(config) ? beatsOf(config, { source, log }) : null,
    },
    signal,
  )
}

function silenceOf(config: MongodbConfig, { source, clock }: Pick<Context, 'source' | 'clock'>) {
  const job = {
    table: heartbeatNamespace(config),
    words: MONGODB_DEFAULTS.words,
    source,
    outsideJob: outsideJobFixes(config),
  }
  const unseen = (_: MongodbConnection, __: AbortSignal) => Promise.resolve(unseenBecause(config, source))
  return probeSilence<MongodbConnection>(config.heartbeat.source, {
    ...job,
    clock,
    unseen,
    // MongoDB has no scheduler, so every job is outside of it.
    jobChain: () => outsideChain(job, unseen),
    trace: (cause) => jobTrace(config, source, cause),
  })
}

function beatsOf(
  config: MongodbConfig,
  { source, log }: Pick<Context, 'source' | 'log'>,
): ProbeParts<MongodbConnection>['beats'] {
  const timeoutMs = beatTimeoutMs(config)
  return {
    session: mongodbBesides(config, source, { readFrom: 'primary' }),
    beat: async (connection, nonce, signal): Promise<{ readonly reached: Position | null }> => ({
      reached: await beat(connection, config, { nonce, timeoutMs, signal, log }),
    }),
  }
}
