import { beatCommand } from './beat.ts'
import type { Command, CommandGroup } from './command.ts'
import { completionCommand } from './completion.ts'
import { demoCommand } from './demo.ts'
import { doctorCommand } from './doctor.ts'
import { explainCommand } from './explain.ts'
import { healthCommand } from './health.ts'
import { historyCommand } from './history.ts'
import { initCommand } from './init.ts'
import { offsetsCommand } from './offsets.ts'
import { planCommand } from './plan.ts'
import { runCommand } from './run.ts'
import { setupCommand } from './setup.ts'
import { statusCommand } from './status.ts'
import { supportCommand } from './support.ts'
import { tailCommand } from './tail.ts'

/** In the order of the help. */
export const commandList: readonly (Command | CommandGroup)[] = [
  demoCommand,
  initCommand,
  setupCommand,
  doctorCommand,
  runCommand,
  statusCommand,
  tailCommand,
  offsetsCommand,
  beatCommand,
  historyCommand,
  planCommand,
  healthCommand,
  supportCommand,
  explainCommand,
  completionCommand,
]
