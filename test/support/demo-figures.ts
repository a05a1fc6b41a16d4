import { expect } from 'vitest'

const bytes = expect.any(Number)

/** What `offbeat demo KIND --json` prints at its end if neither reader was stopped, for `toEqual`. */
export function demoFigures(kind: string): unknown {
  return {
    version: 1,
    kind,
    simulated: false,
    seconds: expect.any(Number),
    guarded: {
      heldBytesStart: bytes,
      heldBytesEnd: bytes,
      beats: expect.any(Number),
      pulsesBack: expect.any(Number),
      roundTripMsP50: expect.any(Number),
      verdict: expect.stringMatching(/^(idle|flowing)$/),
      resumable: true,
      restart: null,
    },
    unguarded: {
      heldBytesStart: bytes,
      heldBytesEnd: bytes,
      verdict: expect.any(String),
      resumable: true,
      restart: null,
    },
  }
}
