import { describe, expect } from 'vitest'
import { cwd } from '../../helpers/http/shop.js'
import { Exposition } from '../../helpers/processes/exposition.js'
import { test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

const program = '../../instrument/measure/programs/worker.mjs'

describe('measured functions of several processes', () => {
  test('count together, and what a killed worker had in progress is gone', async ({ stage }) => {
    const env = { PROMHIVE_DIR: stage.directory() }
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => stage.start(program, { cwd, env })))
    for (const worker of [one!, two!, three!]) {
      await worker.ask('begin', 'well')
      await worker.ask('begin', 'badly')
      await worker.ask('endAll')
      await worker.ask('begin', 'well')
    }
    const scrape = async () => new Exposition(await one!.ask<string>('scrape'))
    expect((await scrape()).value('job_in_progress{queue="mail"}')).toBe(3)
    await three!.kill()
    const seen = await until(scrape, (now) => now.value('job_in_progress{queue="mail"}') !== 3)
    expect(seen.value('job_in_progress{queue="mail"}')).toBe(2)
    expect(seen.value('job_total{queue="mail"}')).toBe(6)
    expect(seen.value('job_duration_seconds_count{queue="mail"}')).toBe(6)
    expect(seen.value('job_errors_total{error_type="RangeError",queue="mail"}')).toBe(3)
  })
})
