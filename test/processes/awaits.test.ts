import { describe, expect } from 'vitest'
import { test } from '../helpers/processes/stage.js'
import { promisedExports } from '../helpers/promised-exports.js'
import { LossyProxy } from '../helpers/redis/lossy-proxy.js'

/** What an application does not await, or awaits for itself, with the reason. */
const others: Readonly<Record<string, string>> = {
  'Collector.collect': 'is the application’s own',
  'RegisteredMetric.get': 'is a plug-in’s own',
  'ReadableMetric.get': 'is the application’s own',
  'ConformanceStage.begin': 'is called by a test runner, which runs on',
  'ConformanceStage.end': 'is called by a test runner, which runs on',
}
/** Internal, or the same as `register`. */
const internal = /\.home\.read$|\.prepare$|\.globalRegistry\./

describe('a process that awaits a promise of promhive’s, and has nothing else to do', () => {
  test('runs until it settles', { timeout: 120_000 }, async ({ stage }) => {
    const proxy = await LossyProxy.start(stage, 1)
    proxy.hang()
    const directory = { PROMHIVE_DIR: stage.directory() }
    const scripts = [
      stage.launch('awaits.mjs', { args: ['redis', proxy.url] }),
      stage.launch('awaits.mjs', { args: ['collecting'] }),
      stage.launch('awaits.mjs', { args: ['collecting'], env: directory }),
      stage.launch('awaits.mjs', { args: ['exporters'], env: directory }),
      stage.launch('awaits.mjs', { args: ['supervisor'] }),
      stage.launch('awaits.mjs', { args: ['clients'], env: directory }),
    ]
    // The channel for questions would keep them running.
    for (const { child } of scripts) child.disconnect()
    const settled = new Set<string>()
    for (const script of scripts) {
      const { code } = await script.ended
      expect({ code, last: script.output.trim().split('\n').at(-1), errors: script.errors }).toEqual({
        code: 0,
        last: 'all',
        errors: expect.anything(),
      })
      for (const line of script.output.split('\n')) settled.add(line)
    }
    const promised = promisedExports().filter((name) => !internal.test(name) && !Object.hasOwn(others, name))
    expect(promised.length).toBeGreaterThan(40)
    expect(promised.filter((name) => !settled.has(name))).toEqual([])
  })
})
