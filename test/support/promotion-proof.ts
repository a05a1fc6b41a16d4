import { expect } from 'vitest'

const LSN = '[0-9A-F]+/[0-9A-F]+'
/** The reasons why the move that was stored with the proof was safe by itself. */
const MOVES = [
  'the end of a complete transaction',
  'the heartbeat row was read, and nothing before it is undelivered',
  'the server has decoded and sent everything up to here, and no transaction is open',
]

/**
 * Checks that the ledger has exactly one row with this wording for each promotion, by the timeline that ended, and does not mention
 * promotions anywhere else.
 */
export function expectProofs(ledger: readonly string[], endedTimelines: readonly number[]): void {
  const proofs = ledger.filter((why) => why.includes('promoted'))
  for (const timeline of endedTimelines) {
    const proof = `promoted: timeline ${timeline} became ${timeline + 1} of the same system, and the offset ${LSN} is at or before the switch at ${LSN}`
    expect(proofs).toContainEqual(expect.stringMatching(new RegExp(`^${proof}; (?:${MOVES.join('|')})$`)))
  }
  expect(proofs).toHaveLength(endedTimelines.length)
}
