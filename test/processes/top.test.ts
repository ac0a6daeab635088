import { describe, expect } from 'vitest'
import { promhive } from '../helpers/processes/command.js'
import { test } from '../helpers/processes/stage.js'

describe('promhive top', () => {
  test('shows processes, totals, rates and means', async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { PROMHIVE_DIR: directory } }
    const [one, two] = await Promise.all([stage.start('actor.mjs', options), stage.start('actor.mjs', options)])
    await one.ask('count', 'jobs_total', { who: 'one' }, 10)
    await two.ask('count', 'jobs_total', { who: 'two' }, 20)
    await one.ask('observe', 'duration_seconds', {}, 5, 2)
    await one.ask('setGauge', 'level', 'livesum', 7)
    const watching = promhive(stage, ['top', directory, '--interval', '1.5'])
    // Between its two readings, whenever those come.
    let more = 0
    const counting = setInterval(() => {
      more += 5
      void one.ask('observe', 'duration_seconds', {}, 5, 2)
    }, 20)
    const { code, output } = await watching
    clearInterval(counting)
    expect(code).toBe(0)
    expect(more).toBeGreaterThan(0)
    expect(output).toMatch(/^2 writers alive, 0 dead, 4 series$/m)
    expect(output).toMatch(new RegExp(`^ *1 +${one.pid} +\\d+ s +(\\d+ %|-) +\\d+ MiB +\\d+$|^ *2 +${one.pid} `, 'm'))
    expect(output).toMatch(/^duration_seconds +histogram +1 +\d+ +[\d.]+\/s +2$/m)
    expect(output).toMatch(/^jobs_total +counter +2 +30 +0\/s +-$/m)
    expect(output).toMatch(/^level +gauge +1 +7 +- +-$/m)
  })

  test('refuses unsupported arguments', async ({ stage }) => {
    expect(await promhive(stage, ['top', stage.directory()])).toMatchObject({ code: 1 })
    const wrong = await promhive(stage, ['top', stage.folder(), '--interval', 'often'])
    expect(wrong.code).toBe(1)
    expect(wrong.errors).toMatch(/--interval must be a number above 0, got "often"/)
  })
})
