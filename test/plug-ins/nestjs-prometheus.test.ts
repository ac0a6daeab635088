import { expect } from 'vitest'
import { ClusteredApplication } from '../helpers/plug-ins/clustered-application.js'
import { hasPlugIns, plugInFolder } from '../helpers/plug-ins/plug-in-folder.js'
import { nestjsPrometheus } from '../helpers/plug-ins/plug-ins.js'
import { test } from '../helpers/processes/stage.js'
import { hasPushgateway, PushgatewayServer } from '../helpers/pushgateway-server.js'

test.skipIf(!hasPlugIns || !hasPushgateway)(
  'nestjs-prometheus shows and pushes what all workers counted',
  async ({ stage }) => {
    const pushgateway = await PushgatewayServer.start(stage)
    const env = { PUSHGATEWAY_URL: pushgateway.url }
    const application = await ClusteredApplication.start(stage, plugInFolder(stage, 'alias'), nestjsPrometheus, { env })
    await application.sendCounted(20, 20)
    await application.kill()
    await application.sendCounted(20, 40)
    const byRegister = await application.scrapeEach()
    const byRegisterAsync = await application.scrapeEach('/own')
    for (const scrape of [...byRegister, ...byRegisterAsync]) {
      expect(scrape.labelled('purchases_total')).toEqual({ 'item="book",shop="nest"': 40 })
    }
    await application.ask('/push')
    const { purchases_total } = await pushgateway.samples()
    expect(purchases_total).toEqual({ 'instance="",item="book",job="shop",shop="nest"': 40 })
    expect(application.wentBack).toEqual([])
    expect(application.errors).toBe('')
  },
)
