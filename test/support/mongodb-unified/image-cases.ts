import { opened } from './event-cases.ts'
import { insert, modify, type StreamCase, update } from './unified-case.ts'

/* Documents as they were before and after a change, of a collection that keeps them and of one that does not. */

interface Row {
  readonly option: 'fullDocument' | 'fullDocumentBeforeChange'
  readonly mode: 'whenAvailable' | 'required' | 'off'
  readonly kept: boolean
  /** undefined: the field is not there. */
  readonly image: object | null | undefined | 'error'
}

const BEFORE = { _id: 1 }
const AFTER = { _id: 1, x: 1 }

const ROWS: readonly Row[] = [
  { option: 'fullDocument', mode: 'whenAvailable', kept: true, image: AFTER },
  { option: 'fullDocument', mode: 'whenAvailable', kept: false, image: null },
  { option: 'fullDocument', mode: 'required', kept: true, image: AFTER },
  { option: 'fullDocument', mode: 'required', kept: false, image: 'error' },
  { option: 'fullDocumentBeforeChange', mode: 'whenAvailable', kept: true, image: BEFORE },
  { option: 'fullDocumentBeforeChange', mode: 'whenAvailable', kept: false, image: null },
  { option: 'fullDocumentBeforeChange', mode: 'required', kept: true, image: BEFORE },
  { option: 'fullDocumentBeforeChange', mode: 'required', kept: false, image: 'error' },
  { option: 'fullDocumentBeforeChange', mode: 'off', kept: true, image: undefined },
  { option: 'fullDocumentBeforeChange', mode: 'off', kept: false, image: undefined },
]

export const IMAGE_CASES: readonly StreamCase[] = ROWS.map(({ option, mode, kept, image }) => {
  return {
    name: `${option}: ${mode}, of a collection that ${kept ? 'keeps images' : 'keeps none'}`,
    since: [6, 0],
    before: [insert(BEFORE), modify({ changeStreamPreAndPostImages: { enabled: kept } })],
    options: { [option]: mode },
    steps: [update({ _id: 1 }, { $set: { x: 1 } })],
    ...(image === 'error' ? { fails: {} } : { gets: [{ operationType: 'update', [option]: image }] }),
    sends: [opened({ [option]: mode })],
  }
})
