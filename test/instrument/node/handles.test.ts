import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { collectDefaultMetrics, Registry } from '../../../src/index.js'
import { Census } from '../../../src/instrument/node/handles.js'
import { until } from '../../helpers/processes/until.js'
import { shown } from '../../helpers/samples.js'

describe('a census', () => {
  test('counts by type, and shows 0 for types that have disappeared', () => {
    const census = new Census()
    const count = (...types: string[]) =>
      Object.fromEntries(census.count(types).map(({ labels, value }) => [labels?.type, value]))
    expect(count()).toEqual({})
    expect(count('Socket', 'Timer', 'Socket')).toEqual({ Socket: 2, Timer: 1 })
    expect(count('Timer')).toEqual({ Socket: 0, Timer: 1 })
    expect(count('toString', '__proto__')).toMatchObject({ Timer: 0, toString: 1 })
  })
})

describe('what keeps the event loop alive', () => {
  const registry = new Registry()
  afterEach(() => registry.clear())

  test('is shown by type and in total', async () => {
    collectDefaultMetrics({ register: registry })
    const before = await shown(registry)
    const servers: Server[] = []
    for (let i = 0; i < 3; i++) {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      servers.push(server)
    }
    const during = await shown(registry)
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    for (const sample of ['nodejs_active_handles{type="Server"}', 'nodejs_active_resources{type="TCPServerWrap"}']) {
      const was = before[sample] ?? 0
      expect(during[sample]).toBe(was + 3)
      await until(
        () => shown(registry),
        (after) => after[sample] === was,
      )
    }
    for (const name of ['nodejs_active_handles', 'nodejs_active_resources', 'nodejs_active_requests']) {
      const types = Object.entries(during).filter(([sample]) => sample.startsWith(`${name}{`))
      expect(types.reduce((sum, [, value]) => sum + value, 0)).toBe(during[`${name}_total`])
    }
  })
})
