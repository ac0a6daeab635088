import fc from 'fast-check'
import { Stage } from '../processes/stage.js'
import { holds } from '../property.js'
import { type Application, commands } from './application-commands.js'
import { ApplicationModel } from './application-model.js'

/**
 * Random lives of an application, each compared with the model step by step. A failure is made small and printed with
 * its seed; `FC_SEED` and `FC_RUNS` choose others, and more.
 */
export function compareWithModel(runs: number, longest: number): Promise<void> {
  const lives = fc.commands(commands, { maxCommands: longest, size: 'max' })
  return holds(
    fc.asyncProperty(lives, async (life) => {
      const stage = new Stage()
      try {
        const real: Application = { stage, directory: stage.directory(), actors: new Map(), spawned: 0 }
        await fc.asyncModelRun(() => ({ model: new ApplicationModel(), real }), life)
      } finally {
        await stage.clear()
      }
    }),
    runs,
  )
}
