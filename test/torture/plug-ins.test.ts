import { describe, expect } from 'vitest'
import { ClusteredApplication, connections } from '../helpers/plug-ins/clustered-application.js'
import { hasPlugIns, plugInFolder } from '../helpers/plug-ins/plug-in-folder.js'
import { plugIns } from '../helpers/plug-ins/plug-ins.js'
import { hasNode24, node24 } from '../helpers/processes/node24.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const kills = 20

describe.skipIf(!hasPlugIns)('with the alias, 4 workers that are killed under load lose no count', () => {
  for (const plugIn of plugIns) {
    test.skipIf(plugIn.node === node24 && !hasNode24)(plugIn.program, async ({ stage }) => {
      // Nothing is pushed, but the application of Nest needs an address.
      const env = { PUSHGATEWAY_URL: 'http://127.0.0.1:9' }
      const folder = plugInFolder(stage, 'alias')
      const application = await ClusteredApplication.start(stage, folder, plugIn, { workers: 4, env })
      const { sent, answered } = await application.killUnderLoad(kills)
      // A killed worker may have answered requests that it did not count: at most one of each connection.
      const least = answered - kills * connections
      const counts = await until(
        async () => Object.values(application.counted(await application.scrape())),
        (all) => all.every((count) => count >= least),
        20_000,
      )
      for (const count of counts) expect(count).toBeLessThanOrEqual(sent)
      // Every worker shows the same.
      for (const scrape of await application.scrapeEach()) {
        expect(Object.values(application.counted(scrape))).toEqual(counts)
      }
      expect(application.wentBack).toEqual([])
      expect(application.errors).toBe('')
      console.log(`${plugIn.program}: ${sent} sent, ${answered} answered, ${counts.join(', ')} counted`)
    })
  }
})
