import { expect, test } from 'vitest'
import { ScrapeQueue } from '../../src/gather/scrape-queue.js'
import { type TurnRequest, Turns } from '../../src/gather/turns.js'

/** Scrapes that take turns and end on request, and a list of those that have begun. */
function scrapes() {
  const turns = new Turns(60_000)
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  return {
    begun,
    end: async (name: string) => {
      ends.get(name)!()
      await settled()
    },
    scrape:
      (name: string) =>
      async (request: TurnRequest = {}) => {
        const turn = await turns.take(request)
        begun.push(name)
        await new Promise<void>((resolve) => ends.set(name, resolve))
        turn.end()
        return name
      },
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('what waits is shared by requests for the same, and by no others', async () => {
  const queue = new ScrapeQueue()
  const { scrape, begun, end } = scrapes()
  const running = scrape('before')()
  const text = queue.share(['text'], scrape('text'))
  const om = queue.share(['om'], scrape('om'))
  expect(queue.share(['text'], scrape('again'))).toBe(text)
  expect(om).not.toBe(text)
  await settled()
  await end('before')
  await end('text')
  await end('om')
  expect(await Promise.all([running, text, om])).toEqual(['before', 'text', 'om'])
  expect(begun).toEqual(['before', 'text', 'om'])
})

test('a scrape that has begun is not shared: it may lack later counts', async () => {
  const queue = new ScrapeQueue()
  const { scrape, begun, end } = scrapes()
  const first = queue.share(['text'], scrape('first'))
  await settled()
  const second = queue.share(['text'], scrape('second'))
  await end('first')
  await end('second')
  expect(await Promise.all([first, second])).toEqual(['first', 'second'])
  expect(begun).toEqual(['first', 'second'])
})

test('what fails is not shared any more', async () => {
  const queue = new ScrapeQueue()
  const failing = queue.share(['text'], () => Promise.reject(new Error('disk gone')))
  await expect(failing).rejects.toThrow('disk gone')
  expect(await queue.share(['text'], async () => 2)).toBe(2)
})

test('a scrape without remaining requests is dropped; a later request for the same begins a new one', async () => {
  const queue = new ScrapeQueue()
  const { scrape, begun, end } = scrapes()
  void scrape('before')()
  const [one, two] = [new AbortController(), new AbortController()]
  const dropped = queue.share(['text'], scrape('dropped'), { signal: one.signal })
  queue.share(['text'], scrape('shared'), { signal: two.signal }).catch(() => {})
  one.abort(new Error('gone'))
  two.abort(new Error('gone, too'))
  const later = queue.share(['text'], scrape('later'), { maxQueued: 1 })
  await settled()
  await end('before')
  await expect(dropped).rejects.toThrow('gone, too')
  await end('later')
  expect(await later).toBe('later')
  expect(begun).toEqual(['before', 'later'])
})

test('one request that stays keeps a scrape', async () => {
  const queue = new ScrapeQueue()
  const { scrape, end } = scrapes()
  void scrape('before')()
  const gone = new AbortController()
  const kept = queue.share(['text'], scrape('kept'), { signal: gone.signal })
  queue.share(['text'], scrape('same'))
  gone.abort()
  await settled()
  await end('before')
  await end('kept')
  expect(await kept).toBe('kept')
})
