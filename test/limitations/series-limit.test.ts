import { describe, expect } from 'vitest'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { Application, eventually, linesOf, scraped, sees, timeout } from './application.js'

const names = ['a_total', 'b_total', 'c_total', 'd_total']

describe.each(sharedBackends)('$backend: label values that never repeat', { timeout }, ({ env }) => {
  test('are counted together beyond the limit, and every metric that met it is named', async ({ stage }) => {
    const app = await Application.start(stage, env, 2)
    await app.all('configure', { maxSeries: 2 })
    for (const name of names) await app.make('Counter', { name, labelNames: ['user'] })
    await app.make('Counter', { name: 'own_total', labelNames: ['user'], maxSeries: 20 })
    for (const [who, actor] of app.actors.entries()) {
      for (const name of [...names, 'own_total']) {
        for (let i = 0; i < 5; i++) await actor.ask('call', name, 'inc', { user: `${who}-${i}` })
      }
    }
    for (const name of names) {
      await app.shows(name, {
        'user="0-0"': 1,
        'user="0-1"': 1,
        'user="1-0"': 1,
        'user="1-1"': 1,
        'user="_overflow"': 6,
      })
    }
    const limited = names.map((name) => `promhive_series_limited_total{metric="${name}"} 6`)
    for (const actor of app.actors) {
      const look = async () => linesOf(await actor.ask('text'), 'promhive_series_limited')
      expect(await eventually(look, limited)).toEqual(limited)
    }
    const scrape = await sees(app.actors[0]!, (seen) => Object.keys(seen.labelled('own_total')).length === 10)
    expect(Object.values(scrape.labelled('own_total'))).toEqual(Array(10).fill(1))
    const warnings = await app.actors[0]!.ask<{ code: string; message: string }[]>('warnings')
    const named = warnings.filter(({ code }) => code === 'PROMHIVE_SERIES_LIMIT').map(({ message }) => message)
    expect(named.sort()).toEqual(
      names.map((name) => `${name} has reached its maxSeries; look for label values that never repeat`),
    )
  })

  test('expire when no process counts in them, dead processes included, and begin again at 0', async ({ stage }) => {
    const app = await Application.start(stage, env, 3)
    await app.make('Counter', { name: 'idle_total', labelNames: ['user'], expireAfter: 1 })
    await app.make('Histogram', { name: 'idle_seconds', labelNames: ['user'], buckets: [1], expireAfter: 1 })
    await app.make('Counter', { name: 'kept_total', labelNames: ['user'] })
    await app.make('Counter', { name: 'slow_total', labelNames: ['user'], expireAfter: 3600 })
    for (const name of ['idle_total', 'kept_total', 'slow_total']) {
      await app.all('call', name, 'inc', { user: 'anna' }, 100)
    }
    await app.all('call', 'idle_seconds', 'observe', { user: 'anna' }, 1)
    await app.shows('kept_total', { 'user="anna"': 300 })
    await app.actors[2]!.kill()
    await app.shows('idle_total', {})
    await app.shows('idle_seconds_count', {})
    await app.shows('kept_total', { 'user="anna"': 300 })
    await app.shows('slow_total', { 'user="anna"': 300 })
    // As often as it takes to be seen before it is gone again.
    const [first, second] = app.actors
    const look = async () => {
      await second!.ask('call', 'idle_total', 'inc', { user: 'anna' })
      return scraped(first!)
    }
    const scrape = await until(look, (seen) => Object.keys(seen.labelled('idle_total')).length > 0)
    expect(scrape.labelled('idle_total')['user="anna"']).toBeLessThan(100)
  })
})
