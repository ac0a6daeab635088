import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HttpRequest } from './exchange.js'

interface Page {
  readonly page: string
  readonly regex: string
}

/** Of what `next build` writes for its own server, the routes. */
interface RoutesManifest {
  readonly basePath?: string
  readonly staticRoutes: readonly Page[]
  readonly dynamicRoutes: readonly Page[]
}

/** The routes of a Next application, as it was built: Next does not report which one it chose. */
export class NextRoutes {
  private readonly basePath: string
  private readonly fixed: ReadonlySet<string>
  private readonly dynamic: readonly (readonly [page: string, pattern: RegExp])[]

  constructor({ basePath = '', staticRoutes, dynamicRoutes }: RoutesManifest) {
    this.basePath = basePath
    // Those that begin so are error pages: they are not requested directly.
    this.fixed = new Set(staticRoutes.map(({ page }) => page).filter((page) => !page.startsWith('/_')))
    this.dynamic = dynamicRoutes.map(({ page, regex }) => [page, new RegExp(regex)] as const)
  }

  /** Of the directory that `next build` wrote into; nothing where it has not, as under `next dev`. */
  static read(directory: string): NextRoutes | undefined {
    try {
      return new NextRoutes(JSON.parse(readFileSync(join(directory, 'routes-manifest.json'), 'utf8')))
    } catch {
      return undefined
    }
  }

  routeOf({ url = '' }: HttpRequest): string | undefined {
    const path = url.split('?', 1)[0]!
    if (!path.startsWith(this.basePath)) return undefined
    const page = this.pageOf(path.slice(this.basePath.length).replace(/(?<=.)\/$/, '') || '/')
    return page === undefined ? undefined : this.basePath + page
  }

  private pageOf(path: string): string | undefined {
    if (this.fixed.has(path)) return path
    if (path.startsWith('/_next/')) return path.startsWith('/_next/static/') ? '/_next/static/*' : '/_next/*'
    return this.dynamic.find(([, pattern]) => pattern.test(path))?.[0]
  }
}
