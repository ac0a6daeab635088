import { expect, test } from 'vitest'
import { ScrapeQueue } from '../../src/gather/scrape-queue.js'

/** Scrapes that end when they are told to, and what has begun. */
function scrapes() {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  return {
    begun,
    end: async (name: string) => {
      ends.get(name)!()
      await new Promise((resolve) => setImmediate(resolve))
    },
    scrape: (name: string) => async () => {
      begun.push(name)
      await new Promise<void>((resolve) => ends.set(name, resolve))
      return name
    },
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('one begins when the one before it is done', async () => {
  const queue = new ScrapeQueue()
  const { scrape, begun, end } = scrapes()
  const answers = [queue.run(scrape('a')), queue.run(scrape('b'))]
  await settled()
  expect(begun).toEqual(['a'])
  await end('a')
  expect(begun).toEqual(['a', 'b'])
  await end('b')
  expect(await Promise.all(answers)).toEqual(['a', 'b'])
})

test('one that fails fails alone', async () => {
  const queue = new ScrapeQueue()
  const first = queue.run(() => Promise.reject(new Error('disk gone')))
  const second = queue.run(async () => 2)
  await expect(first).rejects.toThrow('disk gone')
  expect(await second).toBe(2)
})

test('what waits is shared by those who ask for the same, and by nobody else', async () => {
  const queue = new ScrapeQueue()
  const { scrape, begun, end } = scrapes()
  const running = queue.run(scrape('before'))
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

test('what has begun is not shared: it may have missed what was counted since', async () => {
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
