import type { HeartbeatConfig } from '../source-config.ts'
import type { HeartbeatEvidence } from './facts.ts'

interface Sight extends Pick<HeartbeatEvidence, 'source' | 'signs' | 'nowMs'> {
  readonly config: { readonly heartbeat: HeartbeatConfig }
}

interface Parts extends Pick<HeartbeatEvidence, 'heartbeat' | 'fixes' | 'words' | 'replicaWord'> {
  /** Called when a check needs it. */
  readonly scheduler: () => HeartbeatEvidence['scheduler']
}

/** What the checks of layer 2 need, from the sight of a database and its own parts. */
export function heartbeatEvidenceOf({ source, config, signs, nowMs }: Sight, parts: Parts): HeartbeatEvidence {
  const { mode, by, intervalMs } = config.heartbeat.source
  const { heartbeat, fixes, words, replicaWord, scheduler } = parts
  return {
    source,
    mode,
    by,
    intervalMs,
    signs,
    nowMs,
    heartbeat,
    get scheduler() {
      return scheduler()
    },
    fixes,
    words,
    replicaWord,
  }
}
