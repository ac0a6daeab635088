import { describe, expect } from 'vitest'
import { ClusteredApplication } from '../helpers/plug-ins/clustered-application.js'
import { hasPlugIns, plugInFolder } from '../helpers/plug-ins/plug-in-folder.js'
import { expressPromBundle, nestjsPrometheus, plugIns } from '../helpers/plug-ins/plug-ins.js'
import { hasNode24, node24 } from '../helpers/processes/node24.js'
import { test } from '../helpers/processes/stage.js'

/** These have test files of their own. */
const apart = [expressPromBundle, nestjsPrometheus]

describe.skipIf(!hasPlugIns)(
  'with the alias, each of 3 workers shows every request, through a kill',
  {
    concurrent: true,
  },
  () => {
    for (const plugIn of plugIns.filter((each) => !apart.includes(each))) {
      test.skipIf(plugIn.node === node24 && !hasNode24)(plugIn.program, async ({ stage }) => {
        const application = await ClusteredApplication.start(stage, plugInFolder(stage, 'alias'), plugIn)
        await application.sendCounted(20, 20)
        await application.kill()
        await application.sendCounted(20, 40)
        for (const scrape of await application.scrapeEach()) {
          expect(application.counted(scrape)).toEqual(application.each(40))
        }
        expect(application.wentBack).toEqual([])
        expect(application.errors).toBe('')
      })
    }
  },
)
