import { describe } from 'vitest'
import { managers } from '../helpers/processes/managers.js'
import { Purchases } from '../helpers/processes/purchases.js'
import { test } from '../helpers/processes/stage.js'

describe('the same application, unchanged', () => {
  test.for(Object.entries(managers))(
    'under %s: exact, and with the same series, after 50 workers that were recycled or killed',
    async ([, begin], { stage }) => {
      const manager = await begin(stage)
      const purchases = new Purchases(() => manager.ports())
      await purchases.buy(30)
      const before = await purchases.series()
      for (let recycled = 0; recycled < 50; ) {
        const killed = recycled % 5 === 4
        await (killed ? manager.kill() : manager.reload())
        recycled += killed ? 1 : 3
        await purchases.buy(10)
        await purchases.haveSeries(before)
      }
      await purchases.end()
    },
  )
})
