import type { DemoOutput, DemoView } from './demo-view.ts'
import { beatLine, stateLine } from './plain-line.ts'

const LINE_EVERY_MS = 2000

/** Plain lines, for a pipe or a file. */
export function plainView(output: DemoOutput): DemoView {
  let nextMs = 0
  let nowMs = 0
  const say = (text: string): void => output.write(`${text}\n`)
  return {
    note: say,
    show(state) {
      nowMs = state.elapsedMs
      if (state.elapsedMs < nextMs) return
      nextMs = state.elapsedMs + LINE_EVERY_MS
      say(stateLine(state))
    },
    beat: (beat) => say(beatLine(beat, Math.max(nowMs, beat.writtenElapsedMs))),
    end: () => undefined,
  }
}

/** Shows nothing. */
export const silentView: DemoView = {
  note: () => undefined,
  show: () => undefined,
  beat: () => undefined,
  end: () => undefined,
}
