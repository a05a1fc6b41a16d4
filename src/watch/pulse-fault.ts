import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import type { BrokenHop } from '../model/source-status.ts'
import { FaultLog } from './fault-log.ts'

/** Logs that layer 2 is broken at a hop, and that it works again. A beat that cannot be written is logged where it is sent. */
export class PulseFault {
  readonly #log: FaultLog

  constructor(log: Logger, clock: Clock) {
    this.#log = new FaultLog(log, clock)
  }

  /**
   * `broken`: null if layer 2 works. `asked`: an inspection has tried to find out why pulses do not arrive, which determines the fix in the
   * log line.
   */
  is(broken: BrokenHop | null, asked: boolean): void {
    if (broken?.code === 'PULSE_NOT_SEEN' && !asked) return
    if (broken === null) this.#log.isOver('layer 2 works again')
    else if (broken.code.startsWith('PULSE_')) {
      const { hop, code, found, fix } = broken
      this.#log.is({
        code,
        cause: JSON.stringify(fix),
        found,
        fix,
        message: `layer 2 is broken at the hop "${hop}": ${found}`,
      })
    }
  }
}
