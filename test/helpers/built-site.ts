import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { root } from './processes/dist.js'

interface Link {
  readonly page: string
  readonly element: string
  readonly address: string
}

/** A site in a folder, as VitePress built it. */
export class BuiltSite {
  readonly pages: readonly string[]
  private readonly links: readonly Link[]

  constructor(
    readonly folder: string,
    private readonly repository: string,
  ) {
    this.pages = (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.endsWith('.html'))
    this.links = this.pages.flatMap((page) =>
      [...this.html(page).matchAll(/<([a-z]+)\b[^>]*?\s(?:href|src)="([^"]*)"/g)].map(([, element, address]) => ({
        page,
        element: element!,
        address: address!.replaceAll('&amp;', '&'),
      })),
    )
  }

  html(page: string): string {
    return readFileSync(join(this.folder, page), 'utf8')
  }

  /** Links inside the site to a page, a file or a heading that is not there, and links to files that the repository does not have. */
  brokenLinks(): string[] {
    const broken = this.links.filter(({ page, address }) => {
      if (address.startsWith(`${this.repository}/`)) return !this.isInRepository(address)
      if (/^[a-z]+:/.test(address)) return false
      const [path, heading] = address.split('#')
      const target = path === '' ? page : this.fileAt(posix.join('/', posix.dirname(page), path!), path!)
      if (!existsSync(join(this.folder, target))) return true
      return heading !== undefined && !this.html(target).includes(` id="${decodeURIComponent(heading)}"`)
    })
    return broken.map(({ page, address }) => `${page}: ${address}`)
  }

  /** Scripts, styles, fonts and pictures that a browser would request from another host. */
  foreignParts(): string[] {
    const parts = this.links.filter(({ element, address }) => element !== 'a' && /^(?:[a-z]+:)?\/\//.test(address))
    const styles = (readdirSync(this.folder, { recursive: true }) as string[]).filter((name) => name.endsWith('.css'))
    const inStyles = styles.flatMap((name) => {
      const text = readFileSync(join(this.folder, name), 'utf8')
      return [...text.matchAll(/(?:url\(|@import )["']?((?:https?:)?\/\/[^"')]+)/g)].map(([, url]) => `${name}: ${url}`)
    })
    return [...parts.map(({ page, address }) => `${page}: ${address}`), ...inStyles]
  }

  /** The pages that the search knows, as their addresses. */
  async searchedPages(): Promise<string[]> {
    const chunks = join(this.folder, 'assets', 'chunks')
    const file = readdirSync(chunks).find((name) => name.startsWith('@localSearchIndex'))!
    const { default: index } = (await import(join(chunks, file))) as { default: string }
    const ids = Object.values((JSON.parse(index) as { documentIds: Record<string, string> }).documentIds)
    return [...new Set(ids.map((id) => id.split('#')[0]!))]
  }

  /** The addresses in the sidebar of a page, from top to bottom. */
  sidebar(page: string): string[] {
    const [, sidebar] = /<aside class="VPSidebar"(.*?)<\/aside>/s.exec(this.html(page))!
    return [...sidebar!.matchAll(/href="([^"]*)"/g)].map(([, address]) => address!)
  }

  private fileAt(joined: string, path: string): string {
    const address = path.startsWith('/') ? path : joined
    return address.endsWith('/') ? `${address.slice(1)}index.html` : address.slice(1)
  }

  private isInRepository(address: string): boolean {
    const path = /\/(?:blob|tree|edit)\/main\/([^#]*)/.exec(address)?.[1]
    return path === undefined || existsSync(join(root, path))
  }
}
