import { expect, test } from 'vitest'
import type { Removal } from '../../../src/store/redis/entry.js'
import { HostRemovals } from '../../../src/store/redis/host-removals.js'
import { until } from '../../helpers/processes/until.js'

const removal = (name: string): Removal => ({ author: 'h', registry: 'r', name, labels: {} })

test('removals that Redis does not take wait together, and are sent one command at a time, in order', async () => {
  const sent: string[][] = []
  let away = true
  let running = 0
  let most = 0
  const announce = async (removals: readonly Removal[]): Promise<void> => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    if (away) throw new Error('away')
    sent.push(removals.map(({ name }) => name))
  }
  const removals = new HostRemovals({ announce }, 1)
  removals.push([removal('first')])
  await until(() => most === 1 && running === 0, Boolean)
  most = 0
  for (let i = 0; i < 200; i++) {
    removals.push([removal(`a${i}`), removal('again'), removal('other')])
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(most).toBeLessThanOrEqual(1)
  away = false
  await until(
    () => sent.flat(),
    (names) => names.includes('other'),
  )
  const names = sent.flat()
  expect(most).toBe(1)
  expect(names).toEqual(['first', ...Array.from({ length: 200 }, (_, i) => `a${i}`), 'again', 'other'])
})

test('removals are not sent after the end', async () => {
  let calls = 0
  const announce = async (): Promise<void> => {
    calls++
  }
  const removals = new HostRemovals({ announce }, 1)
  removals.end()
  removals.push([removal('late')])
  await new Promise((resolve) => setImmediate(resolve))
  expect(calls).toBe(0)
})
