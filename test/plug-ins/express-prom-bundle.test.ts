import { describe, expect } from 'vitest'
import { ClusteredApplication } from '../helpers/plug-ins/clustered-application.js'
import { hasPlugIns, plugInFolder } from '../helpers/plug-ins/plug-in-folder.js'
import { expressPromBundle } from '../helpers/plug-ins/plug-ins.js'
import { hasNode24, node24 } from '../helpers/processes/node24.js'
import { test } from '../helpers/processes/stage.js'

const workers = 4

describe.skipIf(!hasPlugIns)(
  'an application with express-prom-bundle in a cluster of 4 workers',
  {
    concurrent: true,
  },
  () => {
    test('loses counts with its own client', async ({ stage }) => {
      const application = await ClusteredApplication.start(stage, plugInFolder(stage, 'their own'), expressPromBundle, {
        workers,
      })
      await application.send(20)
      await application.kill()
      await application.send(20)
      for (const scrape of [...(await application.scrapeEach()), await application.scrapePrimary()]) {
        for (const count of Object.values(application.counted(scrape))) expect(count).toBeLessThan(40)
      }
    })

    const preloaded = (option: string) => ({
      node: node24,
      env: { NODE_OPTIONS: `${option} promhive/prom-client/register` },
    })

    test.for([
      { way: 'the alias', clients: 'alias' },
      { way: 'the preload, by --import', clients: 'their own', ...preloaded('--import') },
      { way: 'the preload, by --require', clients: 'their own', ...preloaded('--require') },
    ] as const)('is exact with nothing but $way', async ({ clients, ...options }, { stage, skip }) => {
      skip('node' in options && !hasNode24)
      const folder = plugInFolder(stage, clients)
      const application = await ClusteredApplication.start(stage, folder, expressPromBundle, { workers, ...options })
      await application.sendCounted(20, 20)
      await application.kill()
      await application.sendCounted(20, 40)
      const ofWorkers = await application.scrapeEach()
      const ofCluster = [...(await application.scrapeEach('/cluster')), await application.scrapePrimary()]
      for (const scrape of [...ofWorkers, ...ofCluster]) {
        expect(application.counted(scrape)).toEqual(application.each(40))
        // As with the client's own sum over workers: the plug-in does not say how `up` is aggregated.
        expect(scrape.total(expressPromBundle.gauge!)).toBe(workers)
      }
      expect(application.wentBack).toEqual([])
      expect(application.errors).toBe('')
    })
  },
)
