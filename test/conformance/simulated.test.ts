import { sourceRegistry } from '../../src/sources/source-registry.ts'
import { simulatedDefinition } from '../support/simulated/definition.ts'
import { simulatedStage } from './simulated-stage.ts'
import { sourceSuites } from './source-suites.ts'

const whole = simulatedStage()

sourceSuites(whole)

// A kind whose log another program reads. It has only side connections.
sourceSuites({
  name: 'a simulated database that is only watched',
  kind: whole.kind,
  hasMonitoring: true,
  beat: whole.beat,
  async open() {
    const opened = await whole.open()
    const {
      reader: _,
      setup: _setup,
      admin: _admin,
      checkup: _checkup,
      ...watched
    } = simulatedDefinition(opened.database)
    return { ...opened, sources: sourceRegistry({ simulated: async () => watched }) }
  },
})
