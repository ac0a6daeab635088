import { describe, expect } from 'vitest'
import { SharedPort, type SharedPortOptions } from '../../../src/export/http/shared-port.js'
import { Registry } from '../../../src/index.js'
import type { MetricsError } from '../../../src/model/errors.js'
import { freePort } from '../../helpers/processes/port.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

function open(stage: Stage, options: Partial<SharedPortOptions>) {
  const errors: MetricsError[] = []
  const port = new SharedPort({
    registry: new Registry(),
    alone: false,
    every: 20,
    onError: (error) => errors.push(error),
    ...options,
  })
  void port.start()
  stage.after(() => port.stop())
  return { port, errors }
}

describe.runIf(process.platform === 'linux')('several instances that want one port', () => {
  test('know each other, and take it over', async ({ stage }) => {
    const options = { port: await freePort(), family: stage.folder() }
    const first = open(stage, options)
    await until(
      () => first.port.serving,
      (server) => server !== undefined,
    )
    const second = open(stage, options)
    const stranger = open(stage, { ...options, family: stage.folder() })
    // By then the second one has asked as often.
    await until(
      () => stranger.errors,
      ({ length }) => length === 1,
    )
    expect(stranger.errors[0]!.message).toMatch(/the metrics port is taken by another program/)
    await stranger.port.stop()
    await first.port.stop()
    await until(
      () => second.port.serving,
      (server) => server !== undefined,
    )
    expect([...first.errors, ...second.errors]).toEqual([])
  })
})
