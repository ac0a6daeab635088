import { isDeepStrictEqual } from 'node:util'
import { describe, expect } from 'vitest'
import { ClusteredApplication } from '../helpers/plug-ins/clustered-application.js'
import { hasPlugIns, plugInFolder } from '../helpers/plug-ins/plug-in-folder.js'
import { expressPromBundle, nestjsPrometheus, plugIns } from '../helpers/plug-ins/plug-ins.js'
import { hasNode24, node24 } from '../helpers/processes/node24.js'
import { test } from '../helpers/processes/stage.js'

/** These have test files of their own. */
const apart = [expressPromBundle, nestjsPrometheus]

/** What else an application shows. */
const more: Readonly<Record<string, (application: ClusteredApplication) => Promise<void>>> = {
  async 'prometheus-api-metrics.cjs'(application) {
    const families: { name: string; values: { metricName?: string; labels: object; value: number }[] }[] = JSON.parse(
      (await application.ask('/metrics.json')).body,
    )
    const durations = families.find(({ name }) => name === 'http_request_duration_seconds')!
    const counts = durations.values.filter(({ metricName }) => metricName?.endsWith('_count'))
    const labels = { method: 'GET', route: '/buy', code: 200 }
    expect(counts.filter((each) => isDeepStrictEqual(each.labels, labels)).map(({ value }) => value)).toEqual([40])
  },
}

const workers = 3
const title = `with the alias, each of ${workers} workers shows every request, through a kill`

describe.skipIf(!hasPlugIns)(title, { concurrent: true }, () => {
  for (const plugIn of plugIns.filter((each) => !apart.includes(each))) {
    test.skipIf(plugIn.node === node24 && !hasNode24)(plugIn.program, async ({ stage }) => {
      const application = await ClusteredApplication.start(stage, plugInFolder(stage, 'alias'), plugIn, { workers })
      await application.sendCounted(20, 20)
      await application.kill()
      await application.sendCounted(20, 40)
      for (const scrape of await application.scrapeEach()) {
        expect(application.counted(scrape)).toEqual(application.each(40))
        if (plugIn.gauge !== undefined) expect(scrape.total(plugIn.gauge)).toBe(workers)
        // Its aggregator is `first`.
        if (scrape.types.has('nodejs_version_info')) expect(scrape.total('nodejs_version_info')).toBe(1)
      }
      await more[plugIn.program]?.(application)
      expect(application.wentBack).toEqual([])
      expect(application.errors).toBe('')
    })
  }
})
