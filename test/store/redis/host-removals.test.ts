import { expect, test } from 'vitest'
import { type LedgerRemoval, removalText } from '../../../src/store/redis/entry.js'
import { type Batch, HostRemovals, mostWaiting } from '../../../src/store/redis/host-removals.js'
import { until } from '../../helpers/processes/until.js'

const removal = (name: string): LedgerRemoval => ({ author: 'h', registry: 'r', name, labels: {} })

test('removals that Redis does not take wait together, and are sent one command at a time, in order', async () => {
  const sent: string[][] = []
  let away = true
  let running = 0
  let most = 0
  const announce = async (removals: readonly LedgerRemoval[]): Promise<void> => {
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

test('what Redis refuses is sent again as it was, one command at a time and in order', async () => {
  const numbers: number[] = []
  const sent: string[] = []
  let refusals = 3
  const announce = async (removals: readonly LedgerRemoval[], { number, texts }: Batch): Promise<void> => {
    numbers.push(number)
    // Removed again while the first removal is being sent: the second one follows the counts in between.
    if (numbers.length === 1) queue.push([removal('a0')])
    expect(texts).toEqual(removals.map(removalText))
    await new Promise((resolve) => setImmediate(resolve))
    if (refusals-- > 0) throw new Error('away')
    sent.push(...removals.map(({ name }) => name))
  }
  const queue = new HostRemovals({ announce }, 1)
  const names = Array.from({ length: 2500 }, (_, i) => `a${i}`)
  queue.push(names.map(removal))
  await until(
    () => sent.length + queue.size,
    () => sent.length > 0 && queue.size === 0,
  )
  expect(numbers).toEqual([1, 1, 1, 1, 2, 3])
  expect(sent).toEqual([...names, 'a0'])
})

test('removals that Redis refuses are not made into text again, and those beyond the maximum are reported once', async () => {
  let calls = 0
  let read = 0
  const announce = async (): Promise<void> => {
    calls++
    throw new Error('away')
  }
  const errors: string[] = []
  const removals = new HostRemovals({ announce }, 1, ({ code }) => errors.push(code))
  const many = Array.from({ length: mostWaiting }, (_, i) => {
    const labels = { i: `${i}` }
    return {
      ...{ author: 'h', registry: 'r', name: 'n' },
      get labels() {
        read++
        return labels
      },
    }
  })
  removals.push(many)
  await until(
    () => calls,
    (count) => count >= 5,
  )
  expect(read).toBe(mostWaiting)
  expect(errors).toEqual([])
  for (let i = 0; i < 3000; i++) removals.push([removal(`b${i}`)])
  expect(removals.size).toBeLessThanOrEqual(mostWaiting)
  expect(errors).toEqual(['REMOVE_FAILED'])
  removals.end()
})
