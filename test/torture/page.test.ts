import { describe, expect } from 'vitest'
import { Browser, hasBrowser } from '../helpers/browser.js'
import { promhiveServe } from '../helpers/processes/command.js'
import { ask } from '../helpers/processes/http.js'
import { test } from '../helpers/processes/stage.js'

const program = '../../export/page/programs/shop.mjs'

describe.skipIf(!hasBrowser)('the page in a browser', () => {
  test('shows exact numbers while every worker is blocked, names the blocked ones, and the killed ones as dead', async ({
    stage,
  }) => {
    const env = { PROMHIVE_DIR: stage.directory() }
    const workers = await Promise.all([1, 2, 3].map(() => stage.start(program, { env })))
    for (const worker of workers) await worker.ask('answer', '200', 1_000, 0.05)
    const served = await promhiveServe(stage, ['--dir', env.PROMHIVE_DIR])
    const blocked = workers.map((worker) => worker.ask('block', 40_000))
    for (const block of blocked) block.catch(() => {})
    const browser = await Browser.open(stage, new URL('/', served.url).href)
    await browser.sees('tr[data-family="http_requests_total"] td:nth-child(4)', '3,000')
    await browser.sees('#figures > div:has(dt:text-is("Workers blocked")) dd', '3')
    expect(await browser.texts('#workers tbody td:nth-child(2)')).toEqual(['blocked', 'blocked', 'blocked'])
    await browser.sees('#warnings li', 'The event loop of workers 1, 2, 3 has not turned for more than 12 seconds.')
    for (const colorScheme of ['light', 'dark'] as const) {
      await browser.page.emulateMedia({ colorScheme })
      expect(await browser.violations(), colorScheme).toEqual([])
    }

    await Promise.all(workers.map((worker) => worker.kill()))
    await browser.sees('#figures > div:has(dt:text-is("Workers dead")) dd', '3')
    await browser.sees('tr[data-family="http_requests_total"] td:nth-child(4)', '3,000')
    expect(browser.messages).toEqual([])

    await served.stop()
    await browser.sees('#status', 'No answer')
  })

  test('a port with a hundred thousand series is scraped as fast while pages are open', async ({ stage }) => {
    const env = { PROMHIVE_DIR: stage.directory() }
    const worker = await stage.start(program, { env })
    for (let i = 0; i < 10; i++) await worker.ask('countMany', `many_${i}_total`, 0, 10_000)
    const served = await promhiveServe(stage, ['--dir', env.PROMHIVE_DIR])
    const before = await median(served.url)
    const browser = await Browser.open(stage, new URL('/', served.url).href)
    await browser.sees('tr[data-family="many_9_total"] td:nth-child(4)', '10,000')
    const during = await median(served.url)
    console.log(`scrape of 100,000 series: ${before.toFixed(0)} ms, with a page open ${during.toFixed(0)} ms`)
    expect(during).toBeLessThan(before * 2 + 20)
  })
})

async function median(url: string): Promise<number> {
  const times: number[] = []
  await ask(url)
  for (let i = 0; i < 15; i++) {
    const began = performance.now()
    await ask(url)
    times.push(performance.now() - began)
    await new Promise((resolve) => setTimeout(resolve, 130))
  }
  return times.sort((a, b) => a - b)[7]!
}
