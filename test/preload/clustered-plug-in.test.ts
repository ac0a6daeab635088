import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { ClusterShop, link } from '../helpers/clients/cluster-shop.js'
import { root } from '../helpers/processes/dist.js'
import { hasNode24, node24, node24Folder } from '../helpers/processes/node24.js'
import { type Stage, test } from '../helpers/processes/stage.js'

/** An application with prom-client and a plug-in that imports it, as npm has installed them; promhive is there as well. */
function application(stage: Stage): string {
  const folder = stage.folder()
  const installed = ['prom-client', 'express-prom-bundle'].map((name) => [
    name,
    join(node24Folder, 'node_modules', name),
  ])
  link(folder, { ...Object.fromEntries(installed), promhive: root })
  return folder
}

describe.skipIf(!hasNode24)('an application in a cluster, with express-prom-bundle', { concurrent: true }, () => {
  test('shows what the answering worker counted, as it is', async ({ stage }) => {
    const shop = await ClusterShop.start(stage, application(stage), { node: node24 })
    await shop.buyThroughKill(40)
    const shown = [...(await shop.shown()).values()]
    expect(Math.max(...shown)).toBeLessThan(40)
    expect(shop.errors()).toBe('')
  })

  test.for(['--import', '--require'])(
    'shows every purchase from any worker with one environment variable, by %s',
    async (option, { stage }) => {
      const env = { NODE_OPTIONS: `${option} promhive/prom-client/register` }
      const shop = await ClusterShop.start(stage, application(stage), { node: node24, env })
      await shop.buyThroughKill(40)
      expect([...(await shop.shown()).values()]).toEqual([40, 40, 40])
      expect(shop.errors()).toBe('')
    },
  )
})
