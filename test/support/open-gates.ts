import { Gates } from './gates.ts'
import { letPass } from './wait-for.ts'

const POLL_MS = 5

/** Gates that stand open, for a simulated source in a real process: what waits for something goes on as soon as it is there. */
export class OpenGates extends Gates {
  override async pass(_name: string, signal?: AbortSignal, ready: () => boolean = () => true): Promise<void> {
    signal?.throwIfAborted()
    while (!ready()) await letPass(POLL_MS, signal)
  }
}
