import { describe, expect } from 'vitest'
import { Browser, hasBrowser } from '../../helpers/browser.js'
import { promhiveServe } from '../../helpers/processes/command.js'
import { ask } from '../../helpers/processes/http.js'
import { test } from '../../helpers/processes/stage.js'
import { pause } from '../../helpers/processes/until.js'

const program = '../../export/page/programs/shop.mjs'
const row = (name: string, column: number): string => `tr[data-family="${name}"] td:nth-child(${column})`
const figure = (title: string): string => `#figures > div:has(dt:text-is("${title}")) dd`

describe.skipIf(!hasBrowser)('the page in a browser', () => {
  test('shows exact numbers, rates and quantiles of two workers, without errors, other hosts or barriers', async ({
    stage,
  }) => {
    const env = { PROMHIVE_DIR: stage.directory() }
    const workers = await Promise.all([stage.start(program, { env }), stage.start(program, { env })])
    await workers[0]!.ask('answer', '200', 1_234, 0.05)
    await workers[1]!.ask('answer', '500', 6, 0.3, '/<img src=x onerror=alert(1)>')
    const served = await promhiveServe(stage, ['--dir', env.PROMHIVE_DIR])
    expect((await ask(served.url)).status).toBe(200)
    const { origin } = new URL(served.url)
    const browser = await Browser.open(stage, `${origin}/`)
    const { page } = browser
    await browser.sees(row('http_requests_total', 4), '1,240')
    await browser.sees(row('http_requests_total', 3), '2')
    await browser.sees(figure('Requests'), '1,240')
    await browser.sees(figure('Workers alive'), '2')
    await browser.sees('#location', `Numbers are in directory ${env.PROMHIVE_DIR}`)
    await browser.sees('#scrapes td:nth-child(2)', '200')
    expect(await browser.texts('#workers tbody td:nth-child(2)')).toEqual(['alive', 'alive'])
    const pids = (await browser.texts('#workers tbody td:nth-child(3)')).map(Number).sort((a, b) => a - b)
    expect(pids).toEqual(workers.map(({ child }) => child.pid!).sort((a, b) => a - b))
    await browser.sees(figure('Requests per second'), '0/s')

    // A quarter of the following requests fail, and all of them take between 0.2 and 0.4 s.
    await workers[0]!.ask('answer', '200', 30, 0.3)
    await workers[1]!.ask('answer', '500', 10, 0.3)
    await browser.sees(row('http_requests_total', 4), '1,280')
    await browser.sees(figure('Errors (5xx)'), '25 %')
    await browser.sees(figure('95th percentile'), '390 ms')

    await page.getByLabel('Search').fill('answered')
    expect(await browser.texts('#families tbody tr:not([hidden]) .open')).toEqual(['http_requests_total'])
    await page.getByRole('button', { name: 'http_requests_total' }).focus()
    await page.keyboard.press('Enter')
    await browser.sees('.details p:first-child', 'Requests <b>answered</b>.')
    await browser.sees('.details p:nth-child(3)', '200 1,264 · 500 16')
    await page.getByLabel('Search').fill('')

    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await browser.violations(), colorScheme).toEqual([])
    }
    await page.setViewportSize({ width: 360, height: 800 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)

    const button = page.getByRole('button', { name: 'Pause' })
    const look = "getComputedStyle(document.querySelector('button[aria-pressed]')).backgroundColor"
    const background = () => page.evaluate(look)
    const running = await background()
    await button.press(' ')
    expect(await background()).not.toBe(running)
    expect(await browser.violations(), 'paused').toEqual([])
    await button.press(' ')
    await page.waitForResponse((response) => response.url().endsWith('/page/state'))

    await page.evaluate(`
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })
      document.dispatchEvent(new Event('visibilitychange'))`)
    await pause(300)
    const whileHidden = browser.requests.length
    await pause(1_500)
    expect(browser.requests.length).toBe(whileHidden)
    await page.evaluate(`delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))`)
    await page.waitForResponse((response) => response.url().endsWith('/page/state'))

    expect(browser.messages).toEqual([])
    expect([...new Set(browser.requests.map((url) => new URL(url).origin))]).toEqual([origin])
  })
})
