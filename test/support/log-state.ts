import type { LogState } from '../../src/model/log-state.ts'
import { positionAt } from './simulated/position.ts'

/** The state of a healthy log, with the differences that a test needs. */
export function logState(different: Partial<LogState> = {}): LogState {
  return {
    atMs: Date.UTC(2026, 0, 1),
    server: { systemIdentifier: '1' },
    run: { system: '1', run: '1 since the beginning' },
    head: { name: 'log', shown: '100', position: positionAt(100), atMs: null },
    writtenBytes: 100n,
    heldBytes: 0n,
    behind: 'no',
    lagBytes: 0n,
    lagMs: null,
    limits: [],
    blockers: [],
    resume: { can: 'yes', as: 'same server', why: 'the log still has the position' },
    unwritable: null,
    unseen: [],
    ...different,
  }
}
