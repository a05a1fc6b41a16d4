import type { Offset } from '../../../src/model/offset.ts'
import { positionAt } from '../number-position.ts'
import { SIMULATED_SERVER } from '../simulated-log.ts'

export function offsetAt(at: number, by: Offset['moved']['by'], atMs: number): Offset {
  return {
    position: positionAt(at),
    server: SIMULATED_SERVER,
    memory: {},
    moved: { by, why: 'read from the file', atMs },
  }
}
