import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MetricsError, reasonOf } from '../../model/errors.js'
import { type HttpResponse, response, textResponse } from '../http/response.js'
import type { Route } from '../http/route-table.js'
import { PageReader } from './page-reader.js'
import type { PageSource } from './page-source.js'
import type { ScrapeLog } from './scrape-log.js'

/** The path of the page. */
export const pagePath = '/'

const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
} as const

/** The files of the page, beside the page itself. */
const files = [
  'page.css',
  'page.js',
  'charts.js',
  'dom.js',
  'families.js',
  'figures.js',
  'history.js',
  'overview.js',
  'warnings.js',
  'workers.js',
  'uplot.js',
  'uplot.css',
] as const

/** A browser runs only the files of the page, asks only this server, and shows the page in no frame of another page. */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const

/**
 * Returns the routes of the page for people: the page, its files, and the numbers that it requests once per second.
 *
 * @param metricsPath the path of the metrics, to which the page links
 */
export function pageRoutes(source: PageSource, scrapes: ScrapeLog, metricsPath: string): readonly Route[] {
  const reader = new PageReader(source)
  const file = (path: string, name: string): Route => ({
    path,
    unlisted: path !== pagePath,
    handle: async () => fileResponse(source.folder, name),
  })
  return [
    file(pagePath, 'index.html'),
    ...files.map((name) => file(`/page/${name}`, name)),
    {
      path: '/page/state',
      unlisted: true,
      async handle() {
        try {
          return json(200, { ...(await reader.read()), metricsPath, scrapes: scrapes.last })
        } catch (cause) {
          const status = cause instanceof MetricsError && cause.code === 'SCRAPE_INCOMPLETE' ? 503 : 500
          const error = reasonOf(cause)
          return json(status, { error, location: source.location(), scrapes: scrapes.last })
        }
      },
    },
  ]
}

async function fileResponse(folder: string | undefined, name: string): Promise<HttpResponse> {
  if (folder === undefined) {
    return textResponse(
      404,
      'The page needs files of the package promhive, and this bundle does not find it: make promhive external, and ' +
        'install it beside the bundle. The metrics do not need them.\n',
    )
  }
  const type = types[name.slice(name.lastIndexOf('.') + 1) as keyof typeof types]
  return response(200, type, [await readFile(join(folder, name))], headers)
}

function json(status: number, body: unknown): HttpResponse {
  return response(status, 'application/json', [Buffer.from(JSON.stringify(body))], headers)
}
