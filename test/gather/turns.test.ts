import { expect, test } from 'vitest'
import { Turns } from '../../src/gather/turns.js'

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('a turn begins when the one before it has ended; ending it twice ends it once', async () => {
  const turns = new Turns(60_000)
  const begun: string[] = []
  const first = await turns.take({ onBegin: () => begun.push('first') })
  const second = turns.take({ onBegin: () => begun.push('second') })
  void turns.take({ onBegin: () => begun.push('third') })
  await settled()
  expect(begun).toEqual(['first'])
  first.end()
  first.end()
  await settled()
  expect(begun).toEqual(['first', 'second'])
  ;(await second).end()
  await settled()
  expect(begun).toEqual(['first', 'second', 'third'])
})

test('a turn that expires reports it before the next one begins', async () => {
  const events: string[] = []
  const turns = new Turns(10, () => events.push('expired'))
  await turns.take()
  await turns.take({ onBegin: () => events.push('next') })
  expect(events).toEqual(['expired', 'next'])
})
