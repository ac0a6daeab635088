// Counts in many series, removes them one by one, and lets others expire; reports how long the event loop was blocked.
import { Counter, register } from 'promhive'
import { answer, counter } from './stagehand.mjs'

const idle = new Counter({ name: 'idle_total', help: 'Idle.', labelNames: ['path'], expireAfter: 0.2 })

async function longestPause(work) {
  let longest = 0
  let last = performance.now()
  const look = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  const timer = setInterval(look, 1)
  await work()
  await new Promise((resolve) => setTimeout(resolve, 10))
  look()
  clearInterval(timer)
  return longest
}

answer({
  countEach(count) {
    for (let i = 0; i < count; i++) {
      counter('jobs_total', { path: String(i) }).inc()
      idle.inc({ path: String(i) })
    }
  },
  removeEach: (count) =>
    longestPause(() => {
      for (let i = 0; i < count; i++) register.getSingleMetric('jobs_total').remove({ path: String(i) })
    }),
  /** Scrapes until series are idle, and twice more. */
  async scrapeUntilIdle() {
    const began = performance.now()
    await register.metrics()
    await new Promise((resolve) => setTimeout(resolve, 300))
    const longest = await longestPause(async () => {
      await register.metrics()
      await register.metrics()
    })
    return { seconds: (performance.now() - began) / 1000, longest }
  },
})
