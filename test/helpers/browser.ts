import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Stage } from './processes/stage.js'

const executablePath = '/usr/bin/chromium'

/** Whether this system has Debian's Chromium; `scripts/provision.mjs` installs it if permitted. */
export const hasBrowser = existsSync(executablePath)

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** A page in a real browser, with everything that it requested and complained of. */
export class Browser {
  readonly requests: string[] = []
  /** Messages of the console, and errors of scripts. */
  readonly messages: string[] = []

  private constructor(readonly page: Page) {
    page.on('request', (request) => this.requests.push(request.url()))
    page.on('console', (message) => this.messages.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => this.messages.push(String(error)))
  }

  /** Opens a page; the browser is closed after the test. */
  static async open(stage: Stage, url: string): Promise<Browser> {
    const context = await launch(stage)
    const browser = new Browser(await context.newPage())
    await browser.page.goto(url)
    return browser
  }

  /** Returns the text of an element as soon as it is this one. */
  async sees(selector: string, text: string): Promise<void> {
    const found = this.page.locator(selector).filter({ hasText: new RegExp(`^${escaped(text)}$`) })
    await found.first().waitFor({ timeout: 30_000 })
  }

  /** Returns the texts of all matching elements. */
  texts(selector: string): Promise<string[]> {
    return this.page.locator(selector).allTextContents()
  }

  /** Returns what axe-core finds: the rule, and the elements that violate it. */
  async violations(): Promise<string[]> {
    await this.page.evaluate(readFileSync(axe, 'utf8'))
    return this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }
      const { violations } = await axe.run()
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    })
  }
}

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}

async function launch(stage: Stage): Promise<BrowserContext> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
  const context = await chromium.launchPersistentContext(stage.folder(), {
    executablePath,
    // Chromium keeps more than its profile in the home folder.
    env: { ...process.env, HOME: stage.folder() },
    headless: true,
    args: [...args, '--disable-component-update', '--disable-sync'],
  })
  stage.after(() => context.close())
  return context
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
