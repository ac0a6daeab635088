import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HttpRequest } from './exchange.js'

interface Page {
  readonly page: string
  readonly regex: string
}

/** The routes in the manifest that `next build` writes for its server. */
interface RoutesManifest {
  readonly basePath?: string
  readonly staticRoutes: readonly Page[]
  readonly dynamicRoutes: readonly Page[]
}

/** The routes of a built Next application, because Next does not report which one it chose. */
export class NextRoutes {
  private readonly basePath: string
  private readonly fixed: ReadonlySet<string>
  private readonly dynamic: readonly (readonly [page: string, pattern: RegExp])[]

  constructor({ basePath = '', staticRoutes, dynamicRoutes }: RoutesManifest) {
    this.basePath = basePath
    // Pages with this prefix are error pages, which are not requested directly.
    this.fixed = new Set(staticRoutes.map(({ page }) => page).filter((page) => !page.startsWith('/_')))
    this.dynamic = dynamicRoutes.map(({ page, regex }) => [page, new RegExp(regex)] as const)
  }

  /**
   * Reads the routes from the output directory of `next build`; returns undefined without a build, as under `next dev`.
   */
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
