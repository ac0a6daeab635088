import { expect, test, vi } from 'vitest'

test('a file inside the package names the front door to import', async () => {
  vi.resetModules()
  const { Counter } = await import('../../src/metric/counter.js')
  expect(() => new Counter({ name: 'jobs_total', help: 'J.' })).toThrow(
    'promhive: import the package by its front door, not by a file inside it',
  )
})
